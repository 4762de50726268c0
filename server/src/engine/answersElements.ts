/** Reads long lists of JSON while they arrive: no pause for the whole of them, and no copy of their text. */

export interface ElementReader {
  /** The next piece of the text. Throws where what it ends is no JSON. */
  add(piece: string): void;
  /** The whole, with 0 in the place of each object that was handed on. Throws where it is no JSON. */
  end(): unknown;
}

const quote = 34;
const backslash = 92;
const openList = 91;
const closeList = 93;
const openObject = 123;
const closeObject = 125;

/**
 * Hands on each object of a list. `depth` is how many brackets stand around them: 1 for the answer
 * `[{…}, {…}]`, 2 for `{"name": [{…}, {…}]}`.
 */
export function elementReader(depth: 1 | 2, onElement: (value: unknown) => void): ElementReader {
  let around = '';
  let element = '';
  let level = 0;
  let isList = false;
  let isElement = false;
  let isText = false;
  let isEscaped = false;
  return {
    add(piece) {
      let from = 0;
      for (let at = 0; at < piece.length; at++) {
        const code = piece.charCodeAt(at);
        if (isText) {
          if (isEscaped) isEscaped = false;
          else if (code === backslash) isEscaped = true;
          else if (code === quote) isText = false;
        } else if (code === quote) {
          isText = true;
        } else if (code === openObject || code === openList) {
          if (level === depth - 1) isList = code === openList;
          if (level === depth && isList && code === openObject) {
            around += `${piece.slice(from, at)}0`;
            from = at;
            isElement = true;
          }
          level += 1;
        } else if (code === closeObject || code === closeList) {
          level -= 1;
          if (isElement && level === depth) {
            onElement(JSON.parse(element + piece.slice(from, at + 1)));
            element = '';
            from = at + 1;
            isElement = false;
          }
        }
      }
      if (isElement) element += piece.slice(from);
      else around += piece.slice(from);
    },
    end: () => JSON.parse(isElement ? '' : around),
  };
}
