/** Mirrors of packages on this machine: files in the real formats, made by us, served on loopback. */

import { createHash, createSign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { tar } from './archives.ts';

type Answer = string | Buffer | ((request: IncomingMessage, response: ServerResponse) => void);

/** Path → what is answered there; anything else is missing. */
export type Served = Map<string, Answer>;

export interface Mirror {
  /** `http://127.0.0.1:port` */
  readonly address: string;
  readonly files: Served;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Serves files, which may be changed afterwards. */
export async function mirrorOf(...sets: readonly Served[]): Promise<Mirror> {
  const files: Served = new Map(sets.flatMap((set) => [...set]));
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = files.get(path);
    if (typeof answer === 'function') answer(request, response);
    else if (answer === undefined) response.writeHead(404).end();
    else response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    files,
    asked,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

export interface DebOptions {
  readonly component?: string;
  readonly arch?: string;
  /** What is stored under the name of the packed index; by default its gzip. */
  readonly packed?: Buffer;
  readonly byHash?: boolean;
  readonly date?: string;
}

/** One suite of an apt archive below `root` (`/debian`), with `Packages.gz` and its hash in `InRelease`. */
export function debSuite(
  root: string,
  suite: string,
  packages: string,
  options: DebOptions = {},
): Served {
  const { component = 'main', arch = 'amd64', packed = gzipSync(packages) } = options;
  const path = `${component}/binary-${arch}/Packages`;
  const row = (data: string | Buffer, name: string) =>
    ` ${sha256(data)} ${Buffer.byteLength(data)} ${name}\n`;
  const release = [
    `Origin: Test\nSuite: ${suite}\nDate: ${options.date ?? 'Fri, 20 Nov 2026 08:00:00 UTC'}\n`,
    options.byHash ? 'Acquire-By-Hash: yes\n' : '',
    `MD5Sum:\n ${'0'.repeat(32)} 1 ${path}\n`,
    `SHA256:\n${row(packages, path)}${row(packed, `${path}.gz`)}`,
  ].join('');
  const folder = `${root}/dists/${suite}`;
  const place = options.byHash
    ? `${folder}/${component}/binary-${arch}/by-hash/SHA256/${sha256(packed)}`
    : `${folder}/${path}.gz`;
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${release}-----BEGIN PGP SIGNATURE-----\n\nnone\n-----END PGP SIGNATURE-----\n`;
  return new Map<string, Answer>([
    [`${folder}/InRelease`, signed],
    [place, packed],
  ]);
}

/** `APKINDEX.tar.gz`; with a private key it is signed, as `abuild-sign` does. */
export function apkIndexFile(
  index: string,
  key: { readonly name: string; readonly pem: string } | null = null,
): Buffer {
  const rest = gzipSync(
    tar({ name: 'DESCRIPTION', content: 'test' }, { name: 'APKINDEX', content: index }),
  );
  if (!key) return rest;
  const signature = createSign('RSA-SHA256').update(rest).sign(key.pem);
  // The tar of a signature has no end, so that both members are one archive.
  const whole = tar({ name: `.SIGN.RSA256.${key.name}`, content: 'x'.repeat(signature.length) });
  signature.copy(whole, 512);
  return Buffer.concat([gzipSync(whole.subarray(0, whole.length - 1024)), rest]);
}

export interface RpmPackage {
  readonly name: string;
  readonly version?: string;
  readonly arch?: string;
  readonly installed: number;
  readonly requires?: readonly string[];
  readonly recommends?: readonly string[];
  readonly provides?: readonly string[];
  readonly files?: readonly string[];
}

/** `primary.xml` as `createrepo_c` writes it. */
export function primaryXml(packages: readonly RpmPackage[]): string {
  const list = (kind: string, names: readonly string[] = []) =>
    `<rpm:${kind}>${names.map((name) => `<rpm:entry name="${name.replaceAll('&', '&amp;')}"/>`).join('\n')}</rpm:${kind}>`;
  const body = packages.map(
    (one) => `<package type="rpm">
  <name>${one.name}</name>
  <arch>${one.arch ?? 'x86_64'}</arch>
  <version epoch="0" ver="${one.version ?? '1.0'}" rel="1.test"/>
  <checksum type="sha256" pkgid="YES">${'0'.repeat(64)}</checksum>
  <summary>Text with &lt;marks&gt; &amp; more</summary>
  <size package="1000" installed="${one.installed}" archive="1"/>
  <location href="Packages/${one.name}.rpm"/>
  <format>
    ${list('provides', [one.name, ...(one.provides ?? [])])}
    ${list('requires', one.requires)}
    ${list('recommends', one.recommends)}
    ${(one.files ?? []).map((file) => `<file>${file}</file>`).join('')}
  </format>
</package>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${packages.length}">
${body.join('\n')}
</metadata>
`;
}

/** A repository below `root`, with `primary.xml.gz` and its hash in `repomd.xml`. */
export function rpmRepository(root: string, primary: string | Buffer, hash?: string): Served {
  const packed = typeof primary === 'string' ? gzipSync(primary) : primary;
  const repomd = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo">
  <revision>1</revision>
  <data type="primary">
    <checksum type="sha256">${hash ?? sha256(packed)}</checksum>
    <location href="repodata/primary.xml.gz"/>
    <timestamp>1795161600</timestamp>
    <size>${packed.length}</size>
  </data>
</repomd>
`;
  return new Map<string, Answer>([
    [`${root}/repodata/repomd.xml`, repomd],
    [`${root}/repodata/primary.xml.gz`, packed],
  ]);
}
