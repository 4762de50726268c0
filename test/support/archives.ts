/** Writes tar archives for tests, odd ones too: every field can be set. */

export interface Member {
  readonly name: string;
  /** Type letter; default `0`, a regular file. */
  readonly type?: string;
  /** Content, or its length. */
  readonly content?: string | number;
  readonly link?: string;
  readonly prefix?: string;
  /** Bytes to write over the header at an offset, before the checksum is made. */
  readonly patch?: Readonly<Record<number, string>>;
  readonly hasBadChecksum?: boolean;
}

/** One member: header, content, padding. */
export function member(entry: Member): Buffer {
  const { content = '', type = '0' } = entry;
  const data = typeof content === 'number' ? Buffer.alloc(content, 'x') : Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(entry.name.slice(0, 100), 0);
  header.write('0000644\x000000000\x000000000\0', 100);
  header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(type, 156, 'latin1');
  header.write((entry.link ?? '').slice(0, 100), 157);
  header.write('ustar\x0000', 257);
  header.write(entry.prefix ?? '', 345);
  for (const [at, text] of Object.entries(entry.patch ?? {}))
    header.write(text, Number(at), 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, entry.hasBadChecksum ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

/** A whole archive with its end. */
export function tar(...entries: readonly Member[]): Buffer {
  return Buffer.concat([...entries.map(member), Buffer.alloc(1024)]);
}

/** A PAX header (`x`) or a global one (`g`) for what follows. */
export function pax(records: Readonly<Record<string, string>>, type = 'x'): Member {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const short = Buffer.byteLength(rest);
    const length = short + String(short + String(short).length).length;
    return `${length}${rest}`;
  });
  return { name: 'pax', type, content: lines.join('') };
}

/** A long name (`L`) or link target (`K`) for what follows, in GNU tar's form. */
export function long(text: string, type = 'L'): Member {
  return { name: '././@LongLink', type, content: `${text}\0`, patch: { 257: 'ustar  \0' } };
}

export const directory = (name: string): Member => ({ name, type: '5' });
export const symlink = (name: string, link: string): Member => ({ name, type: '2', link });
export const hardLink = (name: string, link: string): Member => ({ name, type: '1', link });
