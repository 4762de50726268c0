/** `npm run data`: rebuilds the bundled package data from the mirror. CONTRIBUTING.md says how. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { chosen, fetchSuite, suiteText } from './debianData.ts';
import { packImages } from './images.ts';
import { KnownMeasures, measureAll } from './measures.ts';

const { values } = parseArgs({
  options: {
    suite: { type: 'string', multiple: true, default: ['bookworm', 'trixie', 'bullseye'] },
    arch: { type: 'string', multiple: true, default: ['amd64', 'arm64'] },
    measure: { type: 'string' },
    'largest-mb': { type: 'string', default: '2000' },
  },
});
const folder = join(import.meta.dirname, '../../server/data');
mkdirSync(folder, { recursive: true });
const measures = new KnownMeasures();

for (const suite of values.suite) {
  const all = [];
  for (const arch of values.arch) all.push(await fetchSuite(suite, arch));
  const limit = values.measure === undefined ? Number.POSITIVE_INFINITY : Number(values.measure);
  for (const one of all) {
    const missing = chosen(one)
      .filter((deb) => !measures.of(deb) && deb.size <= Number(values['largest-mb']) * 1e6)
      .slice(0, limit);
    console.error(`${suite} ${one.arch}: ${missing.length} packages to measure`);
    await measureAll(missing, measures);
  }
  const text = suiteText(all, measures);
  const file = join(folder, `debian-${suite}.br`);
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
  const before = existsSync(file) ? brotliDecompressSync(readFileSync(file)).toString() : '';
  writeFileSync(file, packed);
  console.log(
    `${suite}: ${text.length} → ${packed.length} bytes${before === text ? ', as before' : ''}`,
  );
}

const images = await packImages();
const imagesFile = join(folder, 'images.br');
const isSame = existsSync(imagesFile) && images.equals(readFileSync(imagesFile));
writeFileSync(imagesFile, images);
console.log(`images: ${images.length} bytes${isSame ? ', as before' : ''}`);
