/** Fetches the index of a release of Alpine, and checks its signature where the key is at hand. */

import { createVerify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { type ApkPackages, gatherApk, readApkPackages } from '../packages/apkIndex.ts';
import type { IndexContent } from '../packages/indexContent.ts';
import type { ApkSource } from '../packages/mirrors.ts';
import type { IndexKey } from '../packages/packageIndex.ts';
import { IndexProblem } from '../packages/readLines.ts';
import { tarEntry } from '../packages/tarEntry.ts';
import { noTerms } from '../packages/terms.ts';
import { unpacked } from './checkedFile.ts';
import { download, NotThere } from './download.ts';
import { counted, type Fetching, firstOf, hostOf } from './fetchTools.ts';

/** `APKINDEX.tar.gz` of today has 2 MB. */
const largestIndex = 50_000_000;

/** Throws an `IndexProblem` where an index is missing, damaged or wrongly signed. */
export async function fetchApk(
  key: IndexKey,
  sources: readonly ApkSource[],
  fetching: Fetching,
): Promise<IndexContent> {
  const paragraphs: ApkPackages = new Map();
  let lists = 0;
  let isSigned = true;
  let host = '';
  for (const source of sources) {
    const found = await fetchOne(source, fetching);
    if (!found) continue;
    host ||= hostOf(found.address);
    lists += found.data.length;
    const rest = checkedRest(found.data, found.address, fetching.keyFolders);
    isSigned &&= rest.signed;
    const tar = unpacked(only(rest.data), 'APKINDEX.tar.gz');
    await readApkPackages(tarEntry(tar, 'APKINDEX'), paragraphs, fetching.text);
  }
  return {
    key,
    family: 'apk',
    date: fetching.today,
    source: `${host}, ${isSigned ? 'signature checked' : 'signature not checked'}`,
    partial: false,
    terms: noTerms,
    // apk keeps the files as they are.
    lists,
    ...gatherApk(paragraphs),
  };
}

async function fetchOne({ addresses, required }: ApkSource, fetching: Fetching) {
  const limits = { ...fetching.limits, bytes: Math.min(fetching.limits.bytes, largestIndex) };
  try {
    return await firstOf(addresses, async (address) => {
      const file = await download(`${address}/APKINDEX.tar.gz`, fetching.signal, limits);
      const pieces: Uint8Array[] = [];
      for await (const piece of counted(file.body, fetching.onBytes)) pieces.push(piece);
      return { address: file.address, data: Buffer.concat(pieces) };
    });
  } catch (error) {
    if (!required && error instanceof NotThere) return null;
    throw error;
  }
}

/**
 * The archive behind its signature. The file is two gzip members: a tar with one entry, named after
 * the key (`.SIGN.RSA.name.rsa.pub`, or `RSA256` for SHA-256), and what that signs, byte for byte.
 */
function checkedRest(
  data: Buffer,
  address: string,
  keyFolders: readonly string[],
): { readonly data: Buffer; readonly signed: boolean } {
  const first = firstMember(data);
  if (!first) return { data, signed: false };
  const name = /^[^\0]*/.exec(first.content.subarray(0, 100).toString('latin1'))?.[0] ?? '';
  const [, hash, keyName = ''] = /^\.SIGN\.RSA(256|512)?\.([\w@.-]+\.rsa\.pub)$/.exec(name) ?? [];
  if (keyName === '') return { data, signed: false };
  const rest = data.subarray(first.end);
  const path = keyFolders.map((folder) => join(folder, keyName)).find((one) => existsSync(one));
  if (!path) return { data: rest, signed: false };
  const size = Number.parseInt(first.content.subarray(124, 136).toString('latin1'), 8) || 0;
  const signature = first.content.subarray(512, 512 + size);
  const verify = createVerify(hash ? `RSA-SHA${hash}` : 'RSA-SHA1').update(rest);
  let isRight = false;
  try {
    isRight = verify.verify(readFileSync(path), signature);
  } catch {
    // A key that cannot be read checks nothing.
    return { data: rest, signed: false };
  }
  if (!isRight) throw new IndexProblem(`The signature of ${address} is wrong.`);
  return { data: rest, signed: true };
}

/** The first gzip member, if it is small and whole, and the place behind it. */
function firstMember(data: Buffer): { readonly content: Buffer; readonly end: number } | null {
  const flags = data[3] ?? 0;
  if (data[0] !== 0x1f || data[1] !== 0x8b) return null;
  let at = 10;
  if (flags & 4) at += 2 + data.readUInt16LE(Math.min(at, data.length - 2));
  for (const flag of [8, 16]) if (flags & flag) at = data.indexOf(0, at) + 1 || data.length;
  if (flags & 2) at += 2;
  try {
    // With `info` Node also says how much of its input the first stream took.
    const read = inflateRawSync(data.subarray(at), {
      info: true,
      maxOutputLength: 65_536,
    } as never) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    const end = at + read.engine.bytesWritten + 8;
    return end < data.length ? { content: read.buffer, end } : null;
  } catch {
    return null;
  }
}

async function* only(data: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield data;
}
