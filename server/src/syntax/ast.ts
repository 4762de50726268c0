/**
 * The syntax tree of a Dockerfile: readonly data, no behaviour.
 *
 * The shapes follow the reference parser (BuildKit `frontend/dockerfile/parser`): a flat list of
 * instructions, each with flags and an argument chain. What BuildKit throws away, and an editor
 * needs, is kept beside it: spans in the text, and where each character of a joined line came from.
 *
 * Offsets are UTF-16 offsets into the text, ends exclusive. Line numbers are 1-based and inclusive,
 * as in BuildKit's own messages.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** 1-based, inclusive, as BuildKit counts. Directive errors may be on line 0 (BuildKit's own quirk). */
export interface Lines {
  readonly start: number;
  readonly end: number;
}

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface Problem {
  /** Stable, kebab-case; what `# dockerfile-layers ignore=<code>` names. */
  readonly code: string;
  readonly severity: Severity;
  /** BuildKit's own text first where it has one, our explanation (full sentences) after it. */
  readonly message: string;
  readonly span: Span;
  /**
   * Set when BuildKit itself refuses the file for this: its exact text and the lines it names.
   * `parser`: parser.Parse fails; `instructions`: instructions.Parse fails; `plan`: dockerfile2llb fails.
   */
  readonly buildkit?: {
    readonly phase: 'parser' | 'instructions' | 'plan';
    readonly message: string;
    readonly lines: Lines | null;
  };
}

export type Escape = '\\' | '`';

export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  readonly span: Span;
  readonly valueSpan: Span;
}

/**
 * Text of a logical line after continuations are joined, and the way back to the source.
 * `pieces` are in order and contiguous in `text`; each maps a run of it to an equal run of the source.
 */
export interface JoinedText {
  readonly text: string;
  readonly pieces: readonly {
    readonly at: number;
    readonly source: number;
    readonly length: number;
  }[];
}

export interface Flag {
  /** As BuildKit sees it, quotes removed: `--from=build`. */
  readonly text: string;
  /** Without the dashes: `from`. */
  readonly name: string;
  /** `null` when there is no `=`. */
  readonly value: string | null;
  readonly span: Span;
}

export interface Heredoc {
  /** Delimiter, unquoted. */
  readonly name: string;
  readonly fd: number;
  /** False when any part of the delimiter was quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs go, when the instruction is evaluated (`content` keeps them). */
  readonly chomp: boolean;
  /** Body as written, including the CR of CRLF lines and the last line end; tabs kept. */
  readonly content: string;
  /** Body only, without the terminator line. */
  readonly contentSpan: Span;
  /** The terminator line; `null` when it is missing (the body then ends before the next instruction). */
  readonly terminatorSpan: Span | null;
}

export interface Argument {
  readonly value: string;
  /** Where the argument stands in the source; for a raw command the whole text. */
  readonly span: Span;
}

/** One instruction, with BuildKit's node fields and their places. */
export interface Instruction {
  /** From the keyword to the last consumed line's end (heredoc terminators included), without the line end. */
  readonly span: Span;
  readonly lines: Lines;
  /** As written. */
  readonly keyword: string;
  /** Upper case; may be a word that is no instruction. */
  readonly name: string;
  readonly keywordSpan: Span;
  readonly flags: readonly Flag[];
  /** BuildKit's argument chain: ENV and LABEL as name, value, separator triples (`parser/line_parsers.go`). */
  readonly args: readonly Argument[];
  /** Exec form: the arguments are one valid JSON array of strings. */
  readonly json: boolean;
  /** The whole joined line, keyword and flags included (BuildKit's `original`). */
  readonly joined: JoinedText;
  readonly heredocs: readonly Heredoc[];
  /** BuildKit's `prevComment`: comment lines collected since the previous instruction. */
  readonly comments: readonly string[];
  /** Spans of the comment lines inside the instruction (between continuation lines). */
  readonly innerComments: readonly Span[];
  /** ONBUILD only: the instruction behind the keyword (its `lines` are 0, as in BuildKit). */
  readonly trigger: Instruction | null;
  /**
   * BuildKit's parser refuses it (the reason is among the problems); flags and arguments are then
   * what can be made of it. The later rules (`requires at least one argument`) do not apply.
   */
  readonly refused: boolean;
}

/** What `parse` gives for any text: every whole instruction, and what BuildKit's parser says about the rest. */
export interface Dockerfile {
  readonly text: string;
  readonly escape: Escape;
  readonly directives: readonly Directive[];
  readonly instructions: readonly Instruction[];
  /** Parser-phase errors and warnings, in source order. BuildKit would stop at the first error. */
  readonly problems: readonly Problem[];
  /** Comment lines outside instructions (directives excluded). */
  readonly comments: readonly Span[];
}
