/** Text for tooltips, which are Markdown. */

/**
 * The text with all that Markdown would read as marks escaped, on one line. The editor's own
 * `appendText` makes every space one that does not break, so that long sentences cannot wrap.
 */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+\-.!~<>|&$:]/g, '\\$&');
}
