/** Reasons of predictions as Markdown: names of files and words of instructions stand in code. */

import { escapeMarkdown, inlineCode } from './render.ts';

/** A part of a sentence, such as `src/app.ts changed`, or `"npm ci" became "npm install"`. */
export function reasonMarkdown(reason: string): string {
  return reason
    .split(/["`]([^"`]+)["`]/)
    .map((part, at) => (at % 2 === 1 ? inlineCode(part) : withPaths(part)))
    .join('');
}

/** Words with a slash, or a dot inside or before them, are paths and references of images. */
function withPaths(text: string): string {
  const words = text.split(/(\s+)/);
  return words
    .map((word) => {
      const [, name = '', end = ''] = /^(.*?)([,;:.]*)$/.exec(word) ?? [];
      const isName = /^[\w@+…./:-]+$/.test(name) && /\/|\.\w/.test(name) && !/^[\d.]+$/.test(name);
      return isName ? `${inlineCode(name)}${end}` : escapeMarkdown(word);
    })
    .join('');
}
