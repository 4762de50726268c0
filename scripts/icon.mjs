// Draws media/icon.png (256 px) from media/icon.svg with headless Chromium. The picture has a palette,
// since each byte of it is in the package.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { projectRoot } from './ready.mjs';

const size = 256;
const media = join(projectRoot, 'media');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: size, height: size } });
const svg = Buffer.from(readFileSync(join(media, 'icon.svg'))).toString('base64');
await page.setContent(`<canvas width="${size}" height="${size}"></canvas>`);
const pixels = await page.evaluate(
  `(async () => {
    const picture = new Image(${size}, ${size});
    picture.src = 'data:image/svg+xml;base64,${svg}';
    await picture.decode();
    const canvas = document.querySelector('canvas').getContext('2d');
    canvas.drawImage(picture, 0, 0, ${size}, ${size});
    return [...canvas.getImageData(0, 0, ${size}, ${size}).data];
  })()`,
);
await browser.close();
writeFileSync(join(media, 'icon.png'), withPalette(pixels));

/** A PNG of at most 256 colours; the coarser step that is needed for that is not seen. */
function withPalette(data) {
  for (let step = 1; ; step += 1) {
    const coarse = (value) => Math.min(255, Math.round(value / step) * step);
    const palette = new Map();
    const rows = Buffer.alloc(size * (size + 1));
    for (let at = 0; at < size * size; at += 1) {
      const [red, green, blue, alpha] = data.slice(at * 4, at * 4 + 4).map(coarse);
      const colour = alpha === 0 ? '0,0,0,0' : [red, green, blue, alpha].join();
      if (!palette.has(colour)) palette.set(colour, palette.size);
      rows[Math.floor(at / size) * (size + 1) + 1 + (at % size)] = palette.get(colour);
    }
    if (palette.size > 256) continue;
    const colours = [...palette.keys()].map((colour) => colour.split(',').map(Number));
    const head = Buffer.alloc(13);
    head.writeUInt32BE(size, 0);
    head.writeUInt32BE(size, 4);
    head.set([8, 3], 8);
    return Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', head),
      chunk('PLTE', Buffer.from(colours.flatMap((colour) => colour.slice(0, 3)))),
      chunk('tRNS', Buffer.from(colours.map((colour) => colour[3]))),
      chunk('IDAT', deflateSync(rows, { level: 9 })),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
