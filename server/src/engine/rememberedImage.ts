/** Remembered images as text: JSON with its version. What is read may be anything, and is checked. */

import type { RememberedImage } from './comparison.ts';
import type { Store } from './engine.ts';

const format = 'dockerfile-layers image';
/** An image has at most some hundred layers. */
const mostRows = 20_000;
const mostText = 400;
const stores: readonly Store[] = ['classic', 'containerd', 'podman'];

/** An image as text, for `decodeImage`; `dockerfile`: whose it is. */
export function encodeImage(dockerfile: string, image: RememberedImage): string {
  const { version, rows, ...rest } = image;
  return JSON.stringify({
    format,
    version,
    dockerfile,
    ...rest,
    rows: rows.map(({ text, diffId, bytes }) => [text, diffId, bytes]),
  });
}

/** Any text in: the image; null where it is none, another Dockerfile's, or of a newer version. */
export function decodeImage(text: string, dockerfile: string): RememberedImage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  if (value.format !== format || value.version !== 1 || value.dockerfile !== dockerfile)
    return null;
  const { id, createdAt, target, platform } = value;
  const store = stores.find((one) => one === value.store);
  const rows = Array.isArray(value.rows) && value.rows.length <= mostRows ? value.rows : null;
  if (typeof id !== 'string' || typeof platform !== 'string' || !store || !rows) return null;
  if (typeof createdAt !== 'number' || !Number.isFinite(createdAt)) return null;
  if (target !== null && typeof target !== 'string') return null;
  const read = rows.map(rowOf);
  if (read.includes(null)) return null;
  return {
    version: 1,
    id,
    createdAt,
    target,
    platform,
    store,
    rows: read.filter((row) => row !== null),
  };
}

function rowOf(value: unknown): RememberedImage['rows'][number] | null {
  if (!Array.isArray(value)) return null;
  const [text, diffId, bytes] = value as readonly unknown[];
  if (typeof text !== 'string' || text.length > mostText) return null;
  if (diffId !== null && typeof diffId !== 'string') return null;
  if (typeof bytes !== 'number' || !Number.isFinite(bytes) || bytes < 0) return null;
  return { text, diffId, bytes };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
