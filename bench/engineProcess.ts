/**
 * An engine in a process of its own, so that it takes no time from whoever measures: prints its
 * endpoint, and ends with its standard input. Arguments: how it is (`engineKinds`), and the file with
 * the Dockerfile whose image it has.
 */

import { readFileSync } from 'node:fs';
import {
  builtImage,
  type Fault,
  fakeBase,
  faults,
  otherImages,
  startFakeEngine,
} from '../test/support/fakeEngine.ts';
import { imageSteps, planOf } from '../test/support/plans.ts';
import type { EngineKind } from './engines.ts';

const [given = 'healthy', path = ''] = process.argv.slice(2);
const kind = given as EngineKind;
const text = readFileSync(path, 'utf8');
const plan = planOf(text);
const bytes = imageSteps(plan, plan.target).map((_, at) => 1000 * (at + 1));
const image = builtImage(text, bytes);
const many = kind === 'many' || kind === 'busy';
const engine = await startFakeEngine([image, fakeBase(), ...otherImages(many ? 2500 : 20)]);
const fault = faults.find((one): one is Fault => one === kind);
if (fault) engine.faults.set('every', fault);
if (kind === 'busy') {
  setInterval(() => {
    engine.emit({ Type: 'image', Action: 'tag', id: image.id, Actor: { ID: image.id } });
  }, 200);
}
process.stdout.write(`${engine.endpoint}\n`);
process.stdin.resume();
process.stdin.on('end', () => void engine.remove().then(() => process.exit(0)));
