/** The records of a build cache, found by what they stand on and by what they say of themselves. */

import { readVertexName, stepText } from '../builder/vertexName.ts';
import type { BaseImage, StageBase, Step } from '../model/plan.ts';
import { parseReference } from '../model/reference.ts';
import type { Escape } from '../syntax/ast.ts';
import type { CacheEntry } from './engine.ts';

export interface CacheRecords {
  /** Records with this text that stand on the record with that id. */
  on(id: string, text: string): readonly CacheEntry[];
  /**
   * Records with this text that stand a few records above one of these, each with the one of these;
   * none where too many have the text.
   */
  above(ids: ReadonlySet<string>, text: string): readonly (readonly [CacheEntry, string])[];
  /**
   * Records with this text that stand on what a stage starts from; not sure where nothing tells that
   * it is that base.
   */
  onBase(
    base: StageBase,
    text: string,
  ): { readonly entries: readonly CacheEntry[]; readonly sure: boolean };
  /** Bytes of a step's own files; of a linked copy those of the layer that is linked. */
  bytesOf(entry: CacheEntry): number;
}

/** Of a line that stands in more records than these nobody finds out which one is meant. */
const mostAlike = 200;
/** How many lines may be gone or changed below one that is found again. */
const mostSkipped = 4;

const indexes = new WeakMap<readonly CacheEntry[], CacheRecords>();

/** The index of a listing; made once for each. Takes linear time. */
export function cacheRecords(entries: readonly CacheEntry[]): CacheRecords {
  const known = indexes.get(entries);
  if (known) return known;
  const made = indexed(entries.filter(({ type }) => type === 'regular'));
  indexes.set(entries, made);
  return made;
}

/** The text by which a step's record is found. */
export function stepRecordText(step: Step, escapeChar: Escape): string {
  if (step.run) return execText(step.run.argv.join(' '));
  return plainBlanks(stepText(step, escapeChar));
}

interface Text {
  readonly text: string;
  /** The operation that joins a linked copy with what is below. */
  readonly link: boolean;
}

const exec = 'mount / from exec ';

/** The text in a record's description; null: it is no step's, such as that of a base. */
function recordText({ description }: CacheEntry): Text | null {
  if (description.startsWith(exec)) {
    return { text: execText(description.slice(exec.length)), link: false };
  }
  const name = readVertexName(description);
  return name ? { text: plainBlanks(name.text), link: name.link } : null;
}

/** No instruction's text begins so. */
function execText(command: string): string {
  return `exec ${command}`;
}

/** Numbers of blanks are no part of what the builder knows a step by. */
function plainBlanks(text: string): string {
  return text.replace(/[ \t]+/g, ' ').trim();
}

/** Without the name of the stage that files are taken from; null: it takes none from a stage. */
export function withoutOrigin(text: string): string | null {
  return text.includes(' --from=') ? text.replace(/ --from=\S+/, ' --from=') : null;
}

function indexed(entries: readonly CacheEntry[]): CacheRecords {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const texts = new Map<CacheEntry, Text>();
  const byPlace = new Map<string, CacheEntry[]>();
  const byText = new Map<string, CacheEntry[]>();
  for (const entry of entries) {
    const found = recordText(entry);
    if (!found) continue;
    texts.set(entry, found);
    const { text } = found;
    const other = withoutOrigin(text);
    push(byText, text, entry);
    if (other) push(byText, other, entry);
    // The second parent of a linked copy is the copy itself.
    const parents = found.link ? entry.parents.slice(0, 1) : entry.parents;
    for (const parent of parents) {
      push(byPlace, place(parent, text), entry);
      if (other) push(byPlace, place(parent, other), entry);
    }
  }
  const depths = depthsOf(entries, byId);
  const parentOf = ({ parents }: CacheEntry) => byId.get(parents[0] ?? '');

  /** Are the records from this one down those of the image? */
  const fitsImage = (top: CacheEntry, { layers, history }: BaseImage): boolean => {
    if (depths.get(top) !== layers) return false;
    const rows = history.filter(({ emptyLayer }) => !emptyLayer);
    let at: CacheEntry | undefined = top;
    for (const { createdBy } of rows.length === layers ? rows.toReversed() : []) {
      const found: Text | undefined = at && texts.get(at);
      if (found && !fitsRow(found.text, createdBy)) return false;
      at = at && parentOf(at);
    }
    return true;
  };

  return {
    on: (id, text) => byPlace.get(place(id, text)) ?? [],
    above(ids, text) {
      const all = byText.get(text) ?? [];
      if (all.length > mostAlike) return [];
      return all.flatMap((entry) => {
        let [below = ''] = entry.parents;
        for (let steps = 0; steps <= mostSkipped; steps++) {
          if (ids.has(below)) return [[entry, below] as const];
          below = byId.get(below)?.parents[0] ?? '';
        }
        return [];
      });
    },
    onBase({ scratch, image, named: context, reference }, text) {
      const all = byText.get(text) ?? [];
      if (scratch) {
        return { entries: all.filter(({ parents }) => parents.length === 0), sure: true };
      }
      if (context !== null) return { entries: [], sure: false };
      const ons = (fits: (below: CacheEntry) => boolean) =>
        all.filter((entry) => {
          const below = parentOf(entry);
          return below !== undefined && fits(below);
        });
      const ofImage = ons((below) => image === null || fitsImage(below, image));
      // A record of a pulled image has the name by which it was asked for.
      const named = ofImage.filter((entry) => namesImage(parentOf(entry), reference));
      if (named.length > 0) return { entries: named, sure: true };
      const unnamed = ofImage.filter((entry) => namesImage(parentOf(entry), null));
      const sure = image !== null;
      if (unnamed.length > 0) return { entries: unnamed, sure };
      const ofBuilt = sure ? ofImage.filter((entry) => texts.has(parentOf(entry) ?? entry)) : [];
      if (ofBuilt.length > 0) return { entries: ofBuilt, sure };
      const onBases = ons((below) => !texts.has(below) && isImage(below));
      return { entries: onBases, sure: false };
    },
    bytesOf(entry) {
      const own = texts.get(entry);
      if (!own?.link) return entry.bytes;
      const copy = entry.parents
        .slice(1)
        .map((id) => byId.get(id))
        .find((parent) => parent && texts.get(parent)?.text === own.text);
      return copy?.bytes ?? entry.bytes;
    },
  };
}

function place(parent: string, text: string): string {
  return `${parent}\n${text}`;
}

function push(groups: Map<string, CacheEntry[]>, key: string, entry: CacheEntry): void {
  const group = groups.get(key);
  if (group) group.push(entry);
  else groups.set(key, [entry]);
}

const ofImages = /^(?:(?:from local|pulled from) ?|$)/;

/** A layer of an image from elsewhere; the containerd store names none. */
function isImage({ description }: CacheEntry): boolean {
  return ofImages.test(description);
}

/** Does the record name this image; null: does it, as an image's layer, name none? */
function namesImage(entry: CacheEntry | undefined, reference: string | null): boolean {
  if (!entry || !isImage(entry)) return false;
  const name = entry.description.replace(ofImages, '').trim();
  if (name === '' || reference === null) return name === '' && reference === null;
  const [said, asked] = [parseReference(name), parseReference(reference)];
  if (!said.ok || !asked.ok) return name === reference;
  if (said.domain !== asked.domain || said.path !== asked.path) return false;
  if (said.digest && asked.digest) return said.digest === asked.digest;
  return (said.tag || 'latest') === (asked.tag || 'latest');
}

/** Is it the layer that this entry of the image's history is of? */
function fitsRow(text: string, createdBy: string): boolean {
  if (createdBy === '') return true;
  if (text.startsWith('exec ')) return createdBy.includes(text.slice('exec '.length));
  const keyword = /^\S+/.exec(text)?.[0] ?? '';
  return createdBy.includes(keyword);
}

/** How many records each stands on, itself counted. */
function depthsOf(
  entries: readonly CacheEntry[],
  byId: ReadonlyMap<string, CacheEntry>,
): ReadonlyMap<CacheEntry, number> {
  const depths = new Map<CacheEntry, number>();
  for (const entry of entries) {
    const path: CacheEntry[] = [];
    const seen = new Set<CacheEntry>();
    let at: CacheEntry | undefined = entry;
    while (at && !depths.has(at) && !seen.has(at)) {
      seen.add(at);
      path.push(at);
      at = byId.get(at.parents[0] ?? '');
    }
    let depth = at ? (depths.get(at) ?? 0) : 0;
    for (const one of path.reverse()) depths.set(one, ++depth);
  }
  return depths;
}
