/** The record of a build that is looked at only after its end: of what is as it was when it began. */

import { contextIdentity, recordName } from '../analysis/cacheFacts.ts';
import type { Analysis } from '../analysis.ts';
import type { BuilderFacts, BuildRecord, StepOutcome } from '../cache/buildRecord.ts';
import type { KeyedPlan } from '../cache/keyedStep.ts';
import { filesBefore, withOthers } from '../cache/olderThan.ts';
import { recordOf } from '../cache/recordOf.ts';
import type { Step } from '../model/plan.ts';
import type { Open, ServerState } from './serverState.ts';

export interface OlderBuild {
  readonly subject: Open['subject'];
  readonly analysis: Analysis;
  /** As this builder has it. */
  readonly keyed: KeyedPlan;
  readonly source: BuildRecord['source'];
  readonly builder: BuilderFacts;
  /** Absolute folder. */
  readonly context: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Id of its image; absent: not known. */
  readonly image?: string;
  /** Steps whose key is that of the build (`cleanSteps`), with what came of them. */
  readonly clean: ReadonlyMap<Step, StepOutcome>;
}

/** Adds it to the store. How many steps it has; 0: none, and then nothing is kept. */
export async function rememberOlder(
  build: OlderBuild,
  { ports, analyzer }: ServerState,
): Promise<number> {
  const { records, digests } = ports;
  if (!records || !digests) return 0;
  const { subject, analysis, keyed, source, builder, context, startedAt, image, clean } = build;
  const name = recordName(subject);
  const record = recordOf(
    keyed,
    {
      dockerfile: name,
      context: contextIdentity(digests.text, context),
      at: new Date(startedAt).toISOString(),
      ...{ source, builder, complete: false },
      earlier: await records.read(name),
      compared: analysis.keyed,
      ...(image !== undefined && { image }),
    },
    clean,
  );
  if (record.steps.length === 0) return 0;
  const files = filesBefore(record.files, startedAt);
  await records.add({ ...withOthers(record, keyed, [...clean.keys()]), files });
  analyzer.recordsChanged();
  return record.steps.length;
}
