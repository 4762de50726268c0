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

/** A PNG of the 256 most frequent colours; pixels of others, at edges, take the nearest of these. */
function withPalette(data) {
  const counts = new Map();
  const keys = Array.from({ length: size * size }, (_, at) => {
    const key = data.slice(at * 4, at * 4 + 4).join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return key;
  });
  const colours = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 256)
    .map(([key]) => key.split(',').map(Number));
  const places = new Map([...counts.keys()].map((key) => [key, nearest(key.split(','), colours)]));
  const rows = Buffer.alloc(size * (size + 1));
  for (const [at, key] of keys.entries()) {
    rows[Math.floor(at / size) * (size + 1) + 1 + (at % size)] = places.get(key);
  }
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

function nearest(colour, colours) {
  const distances = colours.map((other) =>
    other.reduce((sum, value, at) => sum + (value - colour[at]) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
