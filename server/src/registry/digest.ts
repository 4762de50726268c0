/** Digests of the OCI image specification: those of its two registered algorithms. */

export interface Digest {
  readonly algorithm: 'sha256' | 'sha512';
  readonly hex: string;
}

/** Undefined for any other text. */
export function readDigest(text: string): Digest | undefined {
  const [, algorithm, hex = ''] = /^(sha256|sha512):([0-9a-f]+)$/.exec(text.slice(0, 200)) ?? [];
  if (algorithm === 'sha256' && hex.length === 64) return { algorithm, hex };
  if (algorithm === 'sha512' && hex.length === 128) return { algorithm, hex };
  return undefined;
}
