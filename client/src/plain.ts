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

/** A sentence of the server, as Markdown, with times of today without their date, as in hovers. */
export function sentence(text: string, now: Date = new Date()): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const near = text.replace(/\b(\d{4}-\d\d-\d\d) (?=\d\d:\d\d\b)/g, (full, day) =>
    day === today ? '' : full,
  );
  return plain(near);
}

const marks = /[\\`*_{}[\]()#+\-.!~<>|&$:]/g;
