/** Cuts a stream of bytes into lines. */

import { StringDecoder } from 'node:string_decoder';

/**
 * Gets pieces of UTF-8 text and hands on each whole line without its end. A line of more than
 * `longest` characters is left out, so that nothing grows without end.
 */
export function lineReader(
  longest: number,
  onLine: (line: string) => void,
): (piece: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  let isTooLong = false;
  return (piece) => {
    const lines = decoder.write(piece).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const whole = begun + line;
      if (!isTooLong && whole.length <= longest && whole.trim() !== '') onLine(whole.trim());
      begun = '';
      isTooLong = false;
    }
    begun += last;
    if (begun.length > longest) {
      isTooLong = true;
      begun = '';
    }
  };
}
