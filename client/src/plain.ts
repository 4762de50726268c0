/** Text for tooltips, which are Markdown. */

/**
 * The text on one line, with all that Markdown would read as marks escaped; what stands in backticks
 * is code. The editor's own `appendText` makes every space one that does not break, so that long
 * sentences cannot wrap.
 */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .split(/(`[^`]+`)/)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(marks, '\\$&')))
    .join('');
}

const marks = /[\\`*_{}[\]()#+\-.!~<>|&$:]/g;
