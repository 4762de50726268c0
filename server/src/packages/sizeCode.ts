/**
 * Sizes as two characters each, so that a column of them is read at any place without reading the
 * rest. Up to 128 KiB in steps of 256 bytes, above in 384 steps to each doubling: at most 0.13 % off.
 */

/** The first of the characters in use; they are printable and leave quotes and letters to brotli. */
const first = 0x28;
const base = 80;
const step = 256;
const linear = 512;
const steps = 384;
const largest = base * base - 1;

/** The two characters that stand for a number of bytes; what is too large becomes the largest size. */
export function sizeCode(bytes: number): string {
  const code = Math.min(codeOf(bytes), largest);
  return String.fromCharCode(first + Math.floor(code / base), first + (code % base));
}

/** Bytes at a place of a column; 0 beyond its end. */
export function sizeAt(column: string, index: number): number {
  const high = column.charCodeAt(2 * index) - first;
  const low = column.charCodeAt(2 * index + 1) - first;
  const code = high * base + low;
  if (!(code >= 0)) return 0;
  if (code < linear) return code * step;
  const octave = Math.floor((code - linear) / steps);
  return Math.round(2 ** octave * linear * step * (1 + ((code - linear) % steps) / steps));
}

function codeOf(bytes: number): number {
  if (!(bytes > 0)) return 0;
  if (bytes < linear * step) return Math.round(bytes / step);
  const octave = Math.floor(Math.log2(bytes / (linear * step)));
  const within = bytes / (2 ** octave * linear * step) - 1;
  return linear + octave * steps + Math.round(within * steps);
}
