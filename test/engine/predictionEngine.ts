/** An engine on which predictions are judged: the one of the environment, or a lab's. */

import type { BuilderFacts } from '../../server/src/cache/buildRecord.ts';
import { dockerOk } from './engine.ts';
import type { State } from './projectState.ts';

export interface PredictionEngine {
  /** What processes need so that this engine is theirs. */
  readonly env: Readonly<Record<string, string>>;
  readonly builder: BuilderFacts;
  /** Older builders do not know all flags, and `--link` finds no users by name where it is a layer of its own. */
  builds(state: State): boolean;
}

/** Asks it; `env` names it. */
export async function predictionEngine(
  env: Readonly<Record<string, string>> = {},
): Promise<PredictionEngine> {
  const said = await dockerOk(['info', '--format', '{{.ServerVersion}} {{json .DriverStatus}}'], {
    env,
  });
  const mergesLayers = said.includes('io.containerd.snapshotter');
  const isOld = Number(/^\d+/.exec(said)?.[0]) < 28;
  const refused = [
    ...(isOld ? [/^\w+ (--\S+ )*--(exclude|unpack)=/m] : []),
    ...(mergesLayers ? [/--link .*--chown=[a-z]|--chown=[a-z].* --link /] : []),
  ];
  return {
    env,
    builder: { name: 'default', mergesLayers, ...(isOld && { hashesBelow: true }) },
    builds: ({ blocks }) => !blocks.some((block) => refused.some((form) => form.test(block))),
  };
}
