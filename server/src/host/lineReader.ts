/** Cuts text that comes in pieces into lines. */

/**
 * Gets pieces of text and hands on each whole line without its end. A line of more than
 * `longest` characters is left out, so that nothing grows without end.
 */
export function lineReader(
  longest: number,
  onLine: (line: string) => void,
): (piece: string) => void {
  let begun = '';
  let isTooLong = false;
  return (piece) => {
    const lines = piece.split('\n');
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
