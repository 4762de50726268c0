/** Finds BuildKit's status values in a stream of text that has other text in it too. */

/** A value that has at least one of these members. */
export interface StatusValue {
  readonly vertexes?: unknown;
  readonly statuses?: unknown;
  readonly logs?: unknown;
  readonly warnings?: unknown;
}

export interface ValueReader {
  /** Takes the next characters, cut anywhere. */
  write(piece: string): void;
  /** No more characters come. */
  end(): void;
}

/** No value of a builder is longer, in characters; what is longer is not kept. */
const maxLength = 32 * 1024 * 1024;
/** Text lines are cut here. */
const maxLine = 10_000;

const members = 'vertexes|statuses|logs|warnings';
/** A value behind text that did not end its line. */
const valueInLine = new RegExp(`\\{\\s*"(?:${members})"\\s*:`);

/**
 * A value begins at the start of a line, or as a value that is ours behind other text, and ends with
 * its last brace. Where that does not come, or where what stands there is no value, the lines are text.
 */
export function createValueReader(listener: {
  readonly onValue: (value: StatusValue) => void;
  readonly onText: (line: string) => void;
}): ValueReader {
  let line = '';
  let isCut = false;
  /** Lines of a value that is not complete yet. */
  let open: string[] = [];
  let length = 0;
  let scan = newScan();

  const giveUp = () => {
    const lines = open;
    open = [];
    length = 0;
    scan = newScan();
    for (const one of lines) text(one);
  };
  const text = (one: string) => {
    const shown = one.endsWith('\r') ? one.slice(0, -1) : one;
    if (shown.trim()) listener.onText(shown.slice(0, maxLine));
  };
  const value = (json: string): boolean => {
    const found = parse(json);
    if (found) listener.onValue(found);
    return found !== undefined;
  };
  const takeLine = (given: string) => {
    let one = given;
    // Inside a value that is written over many lines, everything is indented.
    if (open.length > 0 && one.startsWith('{')) giveUp();
    if (open.length === 0 && !one.startsWith('{')) {
      const at = valueInLine.exec(one)?.index;
      if (at === undefined) return text(one);
      text(one.slice(0, at));
      one = one.slice(at);
    }
    for (;;) {
      const end = endOfValue(scan, one);
      if (end === 'broken') {
        open.push(one);
        return giveUp();
      }
      if (end === 'open') {
        open.push(one);
        length += one.length;
        if (length > maxLength) giveUp();
        return;
      }
      const json = [...open, one.slice(0, end)].join('\n');
      if (!value(json)) {
        open.push(one);
        return giveUp();
      }
      open = [];
      length = 0;
      scan = newScan();
      one = one.slice(end);
      if (!one.startsWith('{')) return text(one);
    }
  };
  return {
    write(piece) {
      let from = 0;
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', from)) {
        const whole = line + piece.slice(from, at);
        line = '';
        from = at + 1;
        if (!isCut) takeLine(whole);
        isCut = false;
      }
      if (isCut) return;
      line += piece.slice(from);
      // What is so long cannot be a value; its start is enough to be shown.
      if (line.length > maxLength) {
        isCut = true;
        text(line.slice(0, maxLine));
        line = '';
      }
    },
    end() {
      if (line) takeLine(line);
      line = '';
      giveUp();
    },
  };
}

interface Scan {
  depth: number;
  inString: boolean;
  escaped: boolean;
}

function newScan(): Scan {
  return { depth: 0, inString: false, escaped: false };
}

/** Where the value ends that is open in `scan`, in the next line of it. */
function endOfValue(scan: Scan, line: string): number | 'open' | 'broken' {
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charCodeAt(at);
    if (scan.inString) {
      if (scan.escaped) scan.escaped = false;
      else if (char === 0x5c) scan.escaped = true;
      else if (char === 0x22) scan.inString = false;
    } else if (char === 0x22) scan.inString = true;
    else if (char === 0x7b || char === 0x5b) scan.depth += 1;
    else if (char === 0x7d || char === 0x5d) {
      scan.depth -= 1;
      if (scan.depth === 0) return at + 1;
    }
  }
  // A string of JSON ends in its line.
  return scan.inString ? 'broken' : 'open';
}

function parse(json: string): StatusValue | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null) return undefined;
    const isOurs = members.split('|').some((name) => Object.hasOwn(value, name));
    return isOurs ? value : undefined;
  } catch {
    return undefined;
  }
}
