/** Python wheels made by tests: a zip of stored files, as much of the format as pip reads. */

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A wheel with one package whose code has about so many bytes. */
export function wheel(name: string, version: string, bytes: number): Buffer {
  const info = `${name}-${version}.dist-info`;
  const files: [string, Buffer][] = [
    [`${name}/__init__.py`, Buffer.from(`VERSION = ${JSON.stringify(version)}\n`)],
    [`${name}/core.py`, Buffer.from(code(bytes))],
    [`${name}/data.bin`, Buffer.alloc(Math.round(bytes / 3), 7)],
    [
      `${info}/METADATA`,
      Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
    ],
    [
      `${info}/WHEEL`,
      Buffer.from(
        'Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      ),
    ],
  ];
  const rows = files.map(([path, content]) => {
    const digest = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${digest},${content.length}\n`;
  });
  return zip([...files, [`${info}/RECORD`, Buffer.from(`${rows.join('')}${info}/RECORD,,\n`)]]);
}

/** Functions as people write them, so that bytecode has its usual share. */
function code(bytes: number): string {
  const out: string[] = [];
  for (let length = 0, index = 0; length < bytes; index++) {
    const text = [
      `def step_${index}(values, factor=${index}):`,
      `    """Adds up what is below ${index}."""`,
      '    total = 0',
      '    for value in values:',
      '        if value < factor:',
      '            total += value * factor',
      '    return total',
      '',
      '',
    ].join('\n');
    out.push(text);
    length += text.length;
  }
  return out.join('');
}

function zip(files: readonly (readonly [string, Buffer])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of files) {
    const name = Buffer.from(path);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    // 1 January 2024, midnight.
    fields.writeUInt16LE(((2024 - 1980) << 9) | (1 << 5) | 1, 8);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, content]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), fields, place, name);
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end]);
}
