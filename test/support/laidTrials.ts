/**
 * Dockerfiles with a history, and what becomes of them when somebody edits: each line has an
 * identity that edits keep, so that it is known which entry is whose.
 */

import type { EngineImage, HistoryRow } from '../../server/src/engine/engine.ts';
import { lay } from '../../server/src/engine/lay.ts';
import type { Plan, Step } from '../../server/src/model/plan.ts';
import { imageSteps, linux, planOf, stageChain } from './plans.ts';
import type { Random } from './random.ts';

export interface Line {
  readonly id: number;
  readonly text: string;
}

export interface Stage {
  readonly from: string;
  readonly name: string;
  readonly lines: readonly Line[];
}

export type Builder = 'buildkit' | 'engine26' | 'classic';

/** What is known of the base image: all, its layers, or nothing. */
export type KnownBase = 'rows' | 'layers' | 'nothing';

export interface Trial {
  readonly before: readonly Stage[];
  readonly after: readonly Stage[];
  /** What was done, in words. */
  readonly edits: readonly string[];
  readonly builder: Builder;
  readonly known: KnownBase;
}

export interface TrialResult {
  /** Lines that make a layer and were given the entry that is theirs. */
  readonly right: number;
  /** Lines that were given another's entry, or one that is none of theirs: what is wrong with each. */
  readonly wrong: readonly string[];
  /** Lines that have a layer in the image and were given none. */
  readonly unsure: readonly string[];
  /** Lines without a layer in the image, and given none. */
  readonly told: number;
}

export function textOf(stages: readonly Stage[]): string {
  return `${stages
    .map(({ from, name, lines }) =>
      [`FROM ${from}${name ? ` AS ${name}` : ''}`, ...lines.map(({ text }) => text)].join('\n'),
    )
    .join('\n\n')}\n`;
}

let next = 1;

export function line(text: string): Line {
  next += 1;
  return { id: next, text };
}

/** Lines as people write them; `repeats`: how likely a line is one that stands there already. */
export function randomStages(random: Random, repeats: number): readonly Stage[] {
  const count = random.pick([1, 1, 2, 3]);
  const stages: Stage[] = [];
  for (let index = 0; index < count; index++) {
    const lines: Line[] = [];
    const length = 3 + random.below(12);
    for (let at = 0; at < length; at++) {
      const again = lines.length > 0 && random.chance(repeats);
      lines.push(line(again ? random.pick(lines).text : randomLine(random)));
    }
    const parent = index > 0 && random.chance(0.7) ? `s${index - 1}` : 'app/base:1';
    stages.push({ from: parent, name: `s${index}`, lines });
  }
  return stages;
}

export function randomLine(random: Random): string {
  const n = random.below(1000);
  return random.pick([
    () => `RUN make part${n}`,
    () => `RUN apt-get update && apt-get install -y pkg${n} && rm -rf /var/lib/apt/lists/*`,
    () => `RUN --mount=type=cache,target=/c${n} build --of ${n}`,
    () => `RUN <<EOF\necho ${n}\nmake\nEOF`,
    () => `RUN ["tool", "${n}"]`,
    () => `COPY src${n} /app/src${n}`,
    () => `COPY a${n} b${n} ./`,
    () => 'COPY . .',
    () => `COPY --chown=1:1 file${n} /etc/`,
    () => `ADD pack${n}.tar.gz /opt/`,
    () => `WORKDIR /w${n % 5}`,
    () => `ENV K${n}=v${n}`,
    () => `ENV V=${n % 3}`,
    () => `ARG A${n % 4}=d${n}`,
    () => `LABEL l${n}=x`,
    () => `EXPOSE ${n + 1}`,
    () => `USER u${n % 3}`,
    () => `CMD ["serve", "${n}"]`,
    () => 'RUN make',
    () => `RUN echo one && \\\n    # comment\n    echo ${n}`,
    () => `COPY src$A${n % 4} /opt/$V/`,
    () => `ADD https://example.test/\${V}/$A${n % 4}.tgz /x${n % 3}/`,
    () => `WORKDIR /v/$V`,
    () => `ENV P${n % 2}=$V-$A${n % 4}`,
    () => `SHELL ["/bin/sh", "-${random.pick(['e', 'eu', 'ex'])}c"]`,
  ])();
}

interface Editing {
  stages: Stage[];
  /** Texts that were moved, repeated or removed: doing two of these to one text may look like a third. */
  readonly touched: Set<string>;
  readonly said: string[];
}

/** One to five edits; lines keep their identity where they are only moved. */
export function randomEdits(
  random: Random,
  before: readonly Stage[],
  count: number,
): { readonly after: readonly Stage[]; readonly edits: readonly string[] } {
  const editing: Editing = { stages: [...before], said: [], touched: new Set() };
  for (let at = 0; at < count; at++) random.pick(everyEdit)(random, editing);
  return { after: editing.stages, edits: editing.said };
}

type Edit = (random: Random, editing: Editing) => void;

const change = (
  editing: Editing,
  index: number,
  make: (lines: Line[]) => Line[] | null,
  said: string,
) => {
  const stage = editing.stages[index] as Stage;
  const lines = make([...stage.lines]);
  if (!lines) return;
  editing.stages = editing.stages.map((each, at) => (at === index ? { ...each, lines } : each));
  editing.said.push(said);
};

/** False: it was touched before. */
const touch = ({ touched }: Editing, { text }: Line): boolean => {
  if (touched.has(text)) return false;
  touched.add(text);
  return true;
};

const remove: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  if (lines.length < 2) return;
  const at = random.below(lines.length);
  if (!touch(editing, lines[at] as Line)) return;
  change(editing, index, (all) => all.filter((_, i) => i !== at), `remove ${lines[at]?.text}`);
};

const add: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  const at = random.below(lines.length + 1);
  const added = line(`${randomLine(random)}`.replace(/\n?$/, ''));
  change(editing, index, (all) => all.toSpliced(at, 0, added), `add ${added.text}`);
};

const repeat: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  const at = random.below(lines.length + 1);
  const added = line(random.pick(lines).text);
  if (!touch(editing, added)) return;
  change(editing, index, (all) => all.toSpliced(at, 0, added), `repeat ${added.text}`);
};

const rewrite: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  const at = random.below(lines.length);
  const old = lines[at] as Line;
  if (!old.text.startsWith('RUN make')) return;
  const now = line(`${old.text} --and ${random.below(10_000)}`);
  change(editing, index, (all) => all.with(at, now), `rewrite ${old.text} to ${now.text}`);
};

const move: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  const at = random.below(lines.length);
  const to = random.below(lines.length);
  const moved = lines[at] as Line;
  if (!touch(editing, moved)) return;
  change(
    editing,
    index,
    (all) => all.toSpliced(at, 1).toSpliced(to, 0, moved),
    `move ${moved.text} from ${at} to ${to}`,
  );
};

const merge: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  const at = lines.findIndex(
    ({ text }, i) => /^RUN make/.test(text) && /^RUN make/.test(lines[i + 1]?.text ?? ''),
  );
  if (at < 0) return;
  const merged = line(`${lines[at]?.text} && ${lines[at + 1]?.text.slice(4)}`);
  change(editing, index, (all) => all.toSpliced(at, 2, merged), `merge to ${merged.text}`);
};

const betweenStages: Edit = (random, editing) => {
  if (editing.stages.length < 2) return;
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  if (lines.length < 2) return;
  const moved = random.pick(lines);
  if (!touch(editing, moved)) return;
  const other = (index + 1) % editing.stages.length;
  change(editing, index, (all) => all.filter((each) => each !== moved), `take ${moved.text}`);
  change(editing, other, (all) => [...all, moved], 'to another stage');
};

const indent: Edit = (_, editing) => {
  for (const [index, { lines }] of editing.stages.entries()) {
    const at = lines.findIndex(({ text }) => text.includes('# comment'));
    if (at < 0) continue;
    const old = lines[at] as Line;
    const same = { id: old.id, text: old.text.replace('# comment', '# another comment') };
    change(editing, index, (all) => all.with(at, same), 'change a comment');
    return;
  }
};

const rename: Edit = (_, editing) => {
  editing.stages = editing.stages.map((stage) => ({
    ...stage,
    name: `${stage.name}x`,
    from: /^s\d/.test(stage.from) ? `${stage.from}x` : stage.from,
  }));
  editing.said.push('rename all stages');
};

/** Another value of an ENV or ARG; the line stays the same one. */
const setValue: Edit = (random, editing) => {
  const index = random.below(editing.stages.length);
  const { lines } = editing.stages[index] as Stage;
  const at = lines.findIndex(({ text }) => /^(?:ENV V|ARG A\d)=/.test(text));
  if (at < 0) return;
  const old = lines[at] as Line;
  const now = { id: old.id, text: old.text.replace(/=.*/, `=x${random.below(9)}`) };
  change(editing, index, (all) => all.with(at, now), `${old.text} becomes ${now.text}`);
};

const setBase: Edit = (random, editing) => {
  const [first, ...rest] = editing.stages;
  if (!first || random.chance(0.5)) return;
  editing.stages = [{ ...first, from: 'app/other:2' }, ...rest];
  editing.said.push('another base image');
};

const everyEdit: readonly Edit[] = [
  setValue,
  setBase,
  remove,
  remove,
  add,
  repeat,
  rewrite,
  move,
  merge,
  betweenStages,
  indent,
  rename,
];

/** Lays the history of the file as it was over the file as it is, and compares with what is true. */
export function run({ before, after, builder, known }: Trial, random: Random): TrialResult {
  const given = random.chance(0.3)
    ? new Map([1, 2].map((at) => [`A${at}`, random.pick(['9', 'x y', 'a=b'])] as const))
    : new Map<string, string>();
  const old = planOf(textOf(before), { buildArgs: given });
  const now = planOf(textOf(after));
  const { image, rowOf, base } = imageOf(old, before, builder, random);
  const told = known === 'rows' ? base : known === 'layers' ? { diffIds: base.diffIds } : null;
  const laid = lay(now, image, told);
  const lineOf = linesOf(now, after);
  const other = linesOf(now, inOldOrder(now, after, rowOf));
  const plainer = linesOf(now, asOneEdit(now, before, after));
  const wrong: string[] = [];
  const unsure: string[] = [];
  let right = 0;
  let without = 0;
  for (const step of imageSteps(now, now.target)) {
    if (step.effect !== 'layer') continue;
    const own = lineOf.get(step);
    const truth = own && rowOf.get(own.id);
    const given = laid.rows.get(step);
    const label = `${own?.text} (${truth} given ${given?.at})`;
    const also = [
      rowOf.get((other.get(step) as Line).id),
      rowOf.get((plainer.get(step) as Line).id),
      rewritten(own as Line, before, after, rowOf),
    ];
    if (given && given.at !== truth && !also.includes(given.at)) wrong.push(label);
    else if (given) {
      right++;
      const layer = layersBelow(image, given.at);
      if (given.layer !== null && given.layer !== layer) wrong.push(`${label}: layer`);
    } else if (truth !== undefined) unsure.push(label);
    else without++;
  }
  return { right, wrong, unsure, told: without };
}

/** Who writes a line anew and takes the old one away has moved it. */
function rewritten(
  { text }: Line,
  before: readonly Stage[],
  after: readonly Stage[],
  rowOf: ReadonlyMap<number, number>,
): number | undefined {
  const equal = (stages: readonly Stage[]) =>
    stages.flatMap(({ lines }) => lines.filter((each) => each.text === text));
  const [old, ...more] = equal(before).filter(({ id }) => rowOf.has(id));
  const isGone = old && more.length === 0 && equal(after).length === 1;
  return isGone ? rowOf.get(old.id) : undefined;
}

/** As if all edits together were the removal or the repetition of one line, where that gives the same text. */
function asOneEdit(now: Plan, before: readonly Stage[], after: readonly Stage[]): readonly Stage[] {
  const chain = new Set(stageChain(now, now.target).map(({ index }) => index));
  const own = (stages: readonly Stage[]) =>
    stages.flatMap(({ lines }, at) => (chain.has(at) ? lines : []));
  const old = own(before);
  const made = own(after);
  const shift = old.length - made.length;
  const equal = (a: Line | undefined, b: Line | undefined) => a && b && plain(a) === plain(b);
  let same = 0;
  while (same < made.length && equal(old[same], made[same])) same++;
  if (Math.abs(shift) > 1) return after;
  const skip = Math.max(0, -shift);
  for (let at = same + skip; at < made.length; at++)
    if (!equal(old[at + shift], made[at])) return after;
  const ids = made.map((each, at) =>
    at < same ? old[at] : at < same + skip ? each : old[at + shift],
  );
  return after.map((stage, index) =>
    chain.has(index) ? { ...stage, lines: ids.splice(0, stage.lines.length) as Line[] } : stage,
  );
}

/** As if equal lines that changed places, which no text shows, had not. */
function inOldOrder(
  now: Plan,
  stages: readonly Stage[],
  rowOf: ReadonlyMap<number, number>,
): readonly Stage[] {
  const chain = new Set(stageChain(now, now.target).map(({ index }) => index));
  const byText = new Map<string, Line[]>();
  for (const [index, { lines }] of stages.entries()) {
    if (!chain.has(index)) continue;
    for (const each of lines) {
      const equal = byText.get(plain(each)) ?? [];
      byText.set(plain(each), equal);
      if (rowOf.has(each.id)) equal.push(each);
    }
  }
  for (const equal of byText.values()) {
    equal.sort((a, b) => (rowOf.get(a.id) ?? 0) - (rowOf.get(b.id) ?? 0));
  }
  return stages.map((stage, index) => {
    if (!chain.has(index)) return stage;
    const lines = stage.lines.map((each) =>
      rowOf.has(each.id) ? (byText.get(plain(each))?.shift() as Line) : each,
    );
    return { ...stage, lines };
  });
}

function plain({ text }: Line): string {
  return text.replace('another comment', 'comment');
}

function layersBelow({ history }: EngineImage, at: number): number {
  return history.slice(0, at).filter(({ bytes }) => bytes !== 0).length;
}

/** The line of each step of a plan. */
function linesOf(plan: Plan, stages: readonly Stage[]): ReadonlyMap<Step, Line> {
  const lines = new Map<Step, Line>();
  for (const [index, { steps }] of plan.stages.entries()) {
    for (const [at, step] of steps.entries()) {
      lines.set(step, stages[index]?.lines[at] as Line);
    }
  }
  return lines;
}

const baseTexts = [
  'ENV LANG=C.UTF-8',
  'RUN /bin/sh -c make # buildkit',
  'WORKDIR /w1',
  'CMD ["bash"]',
  'ENV V=1',
  'COPY . . # buildkit',
  'RUN /bin/sh -c apt-get update # buildkit',
];

/** The image that was built from the file as it was, each layer of another size, and whose rows are whose. */
function imageOf(plan: Plan, stages: readonly Stage[], builder: Builder, random: Random) {
  const rows: HistoryRow[] = [];
  let bytes = 1000;
  const push = (createdBy: string, isLayer: boolean, comment: string) => {
    bytes += 1 + random.below(50);
    rows.push({ createdBy, comment, createdAt: 0, bytes: isLayer ? bytes : 0, emptyLayer: null });
  };
  push('', true, 'Imported from -');
  const below = random.below(4);
  for (let at = 0; at < below; at++) {
    const text = random.pick(baseTexts);
    push(text, /^(RUN|COPY|WORKDIR)/.test(text), 'buildkit.dockerfile.v0');
  }
  const baseRows = rows.length;
  const layers = rows.filter((row) => row.bytes !== 0).length;
  const lineOf = linesOf(plan, stages);
  const rowOf = new Map<number, number>();
  for (const step of imageSteps(plan, plan.target)) {
    const text = step.createdBy;
    if (text === null) continue;
    rowOf.set((lineOf.get(step) as Line).id, rows.length);
    push(
      spelled(text, builder),
      step.effect === 'layer',
      builder === 'classic' ? '' : 'buildkit.dockerfile.v0',
    );
  }
  const ids = rows.filter((row) => row.bytes !== 0).map((_, at) => `sha256:${at}`);
  const image: EngineImage = {
    id: 'sha256:1',
    references: [],
    digests: [],
    createdAt: 0,
    labels: {},
    platform: linux,
    diffIds: ids,
    history: rows,
    config: {},
    store: 'classic',
    driver: 'overlay2',
    folders: null,
  };
  return { image, rowOf, base: { diffIds: ids.slice(0, layers), rows: baseRows } };
}

/** What a builder writes for BuildKit's text. */
export function spelled(text: string, builder: Builder): string {
  if (builder === 'buildkit') return text;
  if (builder === 'engine26') {
    return text.replace(
      /^EXPOSE \[(.*)\]$/,
      (_, ports: string) =>
        `EXPOSE map[${ports
          .split(' ')
          .map((port) => `${port}:{}`)
          .join(' ')}]`,
    );
  }
  const plain = text.replace(/ # buildkit$/, '');
  if (plain.startsWith('RUN ')) return plain.slice(4);
  const copy = /^(COPY|ADD) ((?:--\S+ )*)(.*) (\S+)$/.exec(plain);
  if (copy) {
    const [, keyword, flags, sources = '', dest] = copy;
    const kind = sources.includes(' ') ? 'multi' : sources === '.' ? 'dir' : 'file';
    return `/bin/sh -c #(nop) ${keyword} ${flags}${kind}:0a1b2c in ${dest} `;
  }
  if (plain.startsWith('WORKDIR ')) return `/bin/sh -c #(nop) ${plain}`;
  return `/bin/sh -c #(nop)  ${plain.replace(/^EXPOSE \[(.*)\]$/, 'EXPOSE $1')}`;
}
