/** How far an image's history is that of a Dockerfile, and how much that says. */

import type { Plan } from '../model/plan.ts';
import type { EngineImage } from './engine.ts';
import type { Laid } from './laid.ts';
import { lay } from './lay.ts';
import { type KnownBase, rootBase } from './layBorder.ts';
import { entryKey, targetOf } from './layEntries.ts';
import { readRows, rowKey, runParts } from './layRow.ts';

export interface Likeness {
  readonly laid: Laid;
  /** Every line has its entry, as it stands, and no entry is left. */
  readonly complete: boolean;
  /** Share of lines that have an entry, and of own entries that have a line; the lower of both. */
  readonly share: number;
  /** How much the equal lines say: a file that is like many others says little. */
  readonly telling: number;
}

/** From here on equal lines are taken as those of one file, not of two that are alike. */
export const enoughTelling = 2.5;

export function likenessOf(
  plan: Plan,
  image: EngineImage,
  base: KnownBase | null,
  stage: number = plan.target,
): Likeness {
  const laid = lay(plan, image, base, stage);
  return measure(plan, stage, laid);
}

function measure(plan: Plan, stage: number, laid: Laid): Likeness {
  // ONBUILD leaves an entry only where the classic builder made the image.
  const entries = targetOf(plan, stage).entries.filter(({ keyword }) => keyword !== 'ONBUILD');
  const rows = [...laid.rows].filter(([step]) => step.command.kind !== 'onbuild');
  const unsure = laid.unsure?.size ?? 0;
  const same = rows.filter(([, { match }]) => match === 'same').length;
  const left = laid.gone.length + laid.changed.size;
  const complete =
    laid.certain && entries.length > 0 && same + unsure === entries.length && left === 0;
  const matched = rows.length + unsure;
  const share = matched === 0 ? 0 : Math.min(matched / entries.length, matched / (matched + left));
  const telling = rows.reduce((sum, [, { row }]) => sum + tellingOf(row.createdBy), 0);
  return { laid, complete, share, telling };
}

/** A stage whose build the image is, while it is none of the target; null: there is no such stage. */
export function otherTarget(
  plan: Plan,
  image: EngineImage,
  base: KnownBase | null,
): { readonly stage: number; readonly name: string } | null {
  const root = rootBase(plan, plan.target);
  for (const { index, name } of plan.stages.slice(-maxStages).reverse()) {
    if (index === plan.target) continue;
    const last = targetOf(plan, index).entries.at(-1);
    if (!last || !mayEndWith(plan, index, image, entryKey(last))) continue;
    const its = rootBase(plan, index);
    const known = its && root && its.reference === root.reference ? base : null;
    const { complete, telling } = likenessOf(plan, image, known, index);
    if (complete && telling > 0) return { stage: index, name: name ?? `${index}` };
  }
  return null;
}

/** Older builders write a text otherwise; they may. */
function mayEndWith(plan: Plan, stage: number, image: EngineImage, key: string): boolean {
  const row = readRows(image).at(-1);
  if (!row) return false;
  if (row.form !== 'buildkit') return true;
  const { bodies } = targetOf(plan, stage);
  return rowKey(row, row.keyword === 'RUN' ? runParts(row.text, bodies) : null) === key;
}

/** Stages that are tried; files have fewer. */
const maxStages = 30;

/** Lines that very many Dockerfiles have, word for word. */
const common =
  /^(?:(?:COPY|ADD) \S*(?:\.|package\S*\.json|package\*\.json|yarn\.lock|pnpm-lock\.yaml|requirements\S*\.txt|go\.mod|go\.sum|pyproject\.toml|Cargo\.\S+|pom\.xml|Gemfile\S*|composer\.\S+)(?: \S+)* # buildkit$|WORKDIR |USER |EXPOSE |VOLUME |STOPSIGNAL |SHELL |ARG |CMD |ENTRYPOINT )/;

const commonRuns =
  /^(?:RUN )?(?:\|\d+ (?:\S+ )*)?\/bin\/\w+ -\w+ (?:(?:npm|yarn|pnpm) (?:ci|install|i|run build|build)(?: --?[\w=-]+)*|go (?:mod download|build(?: \S+){0,3})|pip3? install (?:--?[\w=-]+ )*-r \S+|(?:true|ls|make|mkdir(?: -p)? \S+)|apt-get update|apk update|bundle install|composer install|cargo build(?: --release)?|mvn (?:clean )?(?:package|install))(?: # buildkit)?$/;

/** 0: nearly every file may have it. RUN, COPY and ADD by their length, else little. */
function tellingOf(createdBy: string): number {
  const text = createdBy.replace(/^[^#\n]* #\(nop\) {1,2}/, '');
  if (common.test(text)) return 0;
  if (commonRuns.test(text)) return 0;
  if (/^(?:ENV|LABEL|MAINTAINER|HEALTHCHECK|ONBUILD)\b/.test(text)) {
    return text.length < 20 ? 0 : 0.5;
  }
  const said = text.replace(/^RUN (?:\/bin\/sh -c )?|^\/bin\/sh -c | # buildkit$/g, '').length;
  return said < 8 ? 0 : Math.min(2, said / 24);
}
