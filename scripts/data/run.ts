/** `npm run data`: rebuilds the bundled package data from the mirror. CONTRIBUTING.md says how. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { changes, measuredOf } from './changes.ts';
import { chosen, fetchSuite, suiteText } from './debianData.ts';
import { packImages } from './images.ts';
import { KnownMeasures, measureAll } from './measures.ts';

const { values } = parseArgs({
  options: {
    suite: { type: 'string', multiple: true, default: ['bookworm', 'trixie', 'bullseye'] },
    arch: { type: 'string', multiple: true, default: ['amd64', 'arm64'] },
    measure: { type: 'string', default: '100000' },
    'largest-mb': { type: 'string', default: '2000' },
    'fewer-measured': { type: 'boolean', default: false },
  },
});
const arches = ['amd64', 'arm64'];
const folder = join(import.meta.dirname, '../../server/data');
mkdirSync(folder, { recursive: true });
const measures = new KnownMeasures();

for (const suite of values.suite) {
  const all = [];
  for (const arch of arches) all.push(await fetchSuite(suite, arch));
  for (const one of all.filter(({ arch }) => values.arch.includes(arch))) {
    const missing = chosen(one)
      .filter((deb) => !measures.of(deb) && deb.size <= Number(values['largest-mb']) * 1e6)
      .slice(0, Number(values.measure));
    console.error(`${suite} ${one.arch}: ${missing.length} packages to measure`);
    await measureAll(missing, measures);
  }
  const text = suiteText(all, measures);
  const file = join(folder, `debian-${suite}.br`);
  const before = existsSync(file) ? brotliDecompressSync(readFileSync(file)).toString() : null;
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
  const same = before === text ? ', as before' : '';
  console.log(`debian-${suite}.br: ${packed.length} bytes, unpacked ${text.length}${same}`);
  console.log(changes(before, text, arches));
  if (
    before !== null &&
    !values['fewer-measured'] &&
    measuredOf(text) < 0.98 * measuredOf(before)
  ) {
    console.error('Fewer packages are measured than before, so the file stays as it was.');
    console.error('Let the run measure them, or say --fewer-measured.');
    process.exitCode = 1;
    continue;
  }
  writeFileSync(file, packed);
}

const images = await packImages();
const imagesFile = join(folder, 'images.br');
const isSame = existsSync(imagesFile) && images.equals(readFileSync(imagesFile));
writeFileSync(imagesFile, images);
console.log(`images: ${images.length} bytes${isSame ? ', as before' : ''}`);
