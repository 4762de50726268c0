/**
 * The image that all engine fixtures build on, made here so that no registry is needed: a static
 * BusyBox with links for its commands and a static Bash, packed as a tar that `docker import` reads.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basePrograms, docker, dockerOk } from './engine.ts';

export const baseImage = 'dockerfile-layers-test/base:1';

const commands =
  `sh ash ls cat echo mkdir rm touch chmod chown ln mv cp sleep wget tar stat find du df id env true
  false test dd sed grep head tail wc sha256sum date printf expr sort pwd kill`.split(/\s+/);
const folders = 'bin etc proc sys dev tmp usr usr/share usr/bin var root'.split(' ');

/**
 * Imports the base image unless the engine has this very one: the machine's, or which `env` names.
 * Throws without `basePrograms`.
 */
export async function ensureBaseImage(
  name: string = baseImage,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const archive = Buffer.concat([
    ...entries(...(basePrograms.map((path) => readFileSync(path)) as [Buffer, Buffer])),
    Buffer.alloc(1024),
  ]);
  // The diff ID of a layer is the digest of its archive.
  const diffId = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
  const inspect = ['image', 'inspect', '--format', '{{index .RootFS.Layers 0}}', name];
  const known = await docker(inspect, { env });
  if (known.status === 0) {
    if (known.stdout.trim() === diffId) return;
    await dockerOk(['image', 'rm', '--force', name], { env });
  }
  const search = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await dockerOk(['import', '-c', 'CMD ["sh"]', '-c', `ENV ${search}`, '-', name], {
    input: archive,
    env,
  });
}

function entries(busybox: Buffer, bash: Buffer): Buffer[] {
  const passwd = [
    'root:x:0:0:root:/root:/bin/sh',
    'nobody:x:65534:65534:nobody:/:/bin/false',
    '',
  ].join('\n');
  return [
    ...folders.map((name) => header(`${name}/`, '5', name === 'tmp' ? 0o1777 : 0o755, 0)),
    file('bin/busybox', busybox, 0o755),
    file('bin/bash', bash, 0o755),
    ...commands.map((name) => header(`bin/${name}`, '2', 0o777, 0, 'busybox')),
    file('etc/passwd', Buffer.from(passwd), 0o644),
    file('etc/group', Buffer.from('root:x:0:\nnogroup:x:65534:\n'), 0o644),
    ...['hosts', 'resolv.conf', 'hostname'].map((name) =>
      file(`etc/${name}`, Buffer.alloc(0), 0o644),
    ),
  ];
}

function file(name: string, content: Buffer, mode: number): Buffer {
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header(name, '0', mode, content.length), content, padding]);
}

/** One header block of the ustar format; the date is fixed, so that the image is always the same. */
function header(name: string, type: string, mode: number, size: number, link = ''): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number) => value.toString(8).padStart(length, '0');
  block.write(name, 0);
  block.write(`${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  block.write(`${octal(size, 11)}\0${octal(1_704_067_200, 11)}\0        ${type}${link}`, 124);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
