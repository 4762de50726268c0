/** Values of COPY and ADD that BuildKit checks when a stage is evaluated (`convert_copy.go`). */

import { isGitSource, isHttpSource } from './gitRef.ts';
import { goUint32 } from './goText.ts';

const symbolic = /^[augo]*(?:[-+=][rstwXxugo]*)+(?:,[augo]*(?:[-+=][rstwXxugo]*)+)*$/;

/** BuildKit's error for `--chmod`, after expansion; null: octal or symbolic, or empty. */
export function chmodError(chmod: string): string | null {
  const mode = goUint32(chmod, 8);
  if (!chmod || (mode !== undefined && mode <= 0o7777)) return null;
  if (mode !== undefined || /^\d/.test(chmod)) {
    return `invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`;
  }
  return symbolic.test(chmod) ? null : 'invalid syntax';
}

const digestLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/** BuildKit's error for `ADD --checksum` with these path and URL sources; null: none, or no checksum. */
export function checksumError(checksum: string, sources: readonly string[]): string | null {
  if (!checksum) return null;
  if (sources.length !== 1) return "checksum can't be specified for multiple sources";
  const [source = ''] = sources;
  if (isGitSource(source)) return null;
  if (!isHttpSource(source)) return 'checksum requires HTTP(S) or Git sources';
  return digestError(checksum);
}

/** The error of `go-digest` for a digest such as `sha256:…`; null: it is one. */
export function digestError(digest: string): string | null {
  const invalid = 'invalid checksum digest format';
  const colon = digest.indexOf(':');
  if (colon <= 0 || colon === digest.length - 1) return invalid;
  const length = digestLengths.get(digest.slice(0, colon));
  if (length === undefined) {
    const known = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/.test(digest);
    return known ? 'unsupported digest algorithm' : invalid;
  }
  const encoded = digest.slice(colon + 1);
  if (encoded.length !== length) return 'invalid checksum digest length';
  return /^[a-f0-9]+$/.test(encoded) ? null : invalid;
}
