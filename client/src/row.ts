/** A row of the tree, and how one is made. Pure. */

import type { InstructionReport, SizeReport, StageReport } from '../../server/src/protocol.ts';

export type RowKind =
  | 'stage'
  | 'writable'
  | 'container'
  | 'layer'
  | 'metadata'
  | 'base'
  | 'invalid';

export interface Row {
  /** The same after an edit elsewhere, so that expansion and selection survive. */
  readonly id: string;
  readonly kind: RowKind;
  readonly parent: Row | null;
  readonly label: string;
  readonly description: string;
  /** A full sentence, for screen readers. */
  readonly accessible: string;
  /** Paragraphs of the tooltip, plain text. */
  readonly details: readonly string[];
  /** Where the row stands in the file; null: nowhere. Zero-based lines, both inclusive. */
  readonly lines: { readonly first: number; readonly last: number } | null;
  /** The line that `docker history` will show; null: none. */
  readonly history: string | null;
  /** Null: unknown, or nothing to measure. */
  readonly bytes: number | null;
  /** Digest of the layer when uncompressed; null: not known. */
  readonly diffId: string | null;
  /** Digest or id of the image that it is, or was found in; null: none is known. */
  readonly image: string | null;
  /** Where its engine keeps the layer; null: not told. */
  readonly folder: string | null;
  /** `cached`, `changed`, `rebuild`, or `''` where no build is predicted. */
  readonly cache: string;
  /** Zero-based line of what makes it run again; null: it does not, or that is not in the file. */
  readonly causeLine: number | null;
  /** The target does not reach it. */
  readonly dimmed: boolean;
  readonly children: () => readonly Row[];
}

type Optional = 'cache' | 'causeLine' | 'diffId' | 'image' | 'folder';

export type Contents = Omit<Row, 'id' | 'parent' | 'children' | 'dimmed' | Optional> &
  Partial<Pick<Row, Optional>>;

/** A row with what is below it, which is made when somebody asks. */
export function make(
  id: string,
  parent: Row | null,
  contents: Contents,
  dimmed: boolean,
  below?: (row: Row) => readonly Row[],
): Row {
  let known: readonly Row[] | undefined;
  const row: Row = {
    cache: '',
    causeLine: null,
    diffId: null,
    image: null,
    folder: null,
    ...contents,
    details: contents.details.filter((sentence) => sentence !== ''),
    id,
    parent,
    dimmed,
    children: () => {
      known ??= below?.(row) ?? [];
      return known;
    },
  };
  return row;
}

/** `Estimated 84 MB`, where a measured size differs from that notably. */
export function estimatedOf({ display, size }: InstructionReport): string {
  if (display.estimated === '') return '';
  const how = size?.estimated?.basis === 'computed' ? 'Counted' : 'Estimated';
  return `${how} ${display.estimated}`;
}

/** `estimated 84 MB`, as it stands inside of a description. */
export function lower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** `Estimated 84 MB, measured 92 MB.`; `''` where they do not differ notably. */
export function besideMeasured(instruction: InstructionReport): string {
  const estimated = estimatedOf(instruction);
  return estimated && `${estimated}, measured ${instruction.display.size}.`;
}

/** How a figure is known; `''` where there is none. */
export function reasonOf(size: SizeReport | null): string {
  return size?.reason ?? '';
}

/** Zero-based lines, both inclusive. */
export function linesOf(range: StageReport['range']): { first: number; last: number } {
  return { first: range.start.line, last: range.end.line };
}

/** Parts of a description, those that say nothing left out. */
export function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
