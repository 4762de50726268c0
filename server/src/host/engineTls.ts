/** Certificates for an engine behind TLS. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { EngineProblem } from './engineProblem.ts';

/** How a connection is encrypted. */
export interface TlsFiles {
  /** Has `ca.pem`, `cert.pem` and `key.pem`, as far as they are there; null: none are used. */
  readonly folder: string | null;
  /** Must the engine's certificate be trusted? */
  readonly verify: boolean;
}

/** Reads the certificates. Throws an `EngineProblem` where one of them is none. */
export async function secureContext({ folder }: TlsFiles, at: string): Promise<SecureContext> {
  const read = (name: string) =>
    folder === null ? undefined : readFile(join(folder, name), 'utf8').catch(() => undefined);
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
  try {
    return createSecureContext({
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    });
  } catch {
    throw new EngineProblem('denied', `The certificates for ${at} cannot be read.`);
  }
}
