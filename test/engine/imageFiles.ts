/** The files of an image as one comparable list, read from what `docker export` writes. */

import { createHash } from 'node:crypto';
import { dockerOk } from './engine.ts';

/** Path, kind, mode, owner, link target and content digest of every file, sorted; times left out. */
export async function imageFiles(image: string): Promise<readonly string[]> {
  const container = (await dockerOk(['create', image, 'sh'])).trim();
  try {
    return listing(await exported(container));
  } finally {
    await dockerOk(['rm', '--force', container]);
  }
}

async function exported(container: string): Promise<Buffer> {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['export', container], { stdio: ['ignore', 'pipe', 'ignore'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve(Buffer.concat(parts)) : reject(new Error(`docker export: ${status}`)),
    );
  });
}

function listing(archive: Buffer): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const text = (from: number, length: number) =>
      archive.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const content = archive.subarray(at + 512, at + 512 + size);
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
    const prefix = text(345, 155);
    const name = (prefix ? `${prefix}/` : '') + text(0, 100);
    lines.push(
      [
        name,
        text(156, 1) || '0',
        text(100, 8).trim(),
        `${text(108, 8).trim()}:${text(116, 8).trim()}`,
        text(157, 100),
        size > 0 ? digest : '',
      ].join(' '),
    );
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return lines.sort();
}
