/** Events of an engine: lines of JSON, one for each thing that happened. */

import { objectOf, parsed, textOf } from './answersJson.ts';
import type { EngineEvent } from './engine.ts';

/** What leaves images and their names as they were. */
const idle = new Set(['push', 'save', 'mount', 'unmount', 'saveimage']);

/**
 * What a line of `GET /events` says; empty where it is of no interest or damaged. The end of a build
 * is told as `create` by Docker's BuildKit and as `build` by Podman.
 */
export function engineEvents(line: string): readonly EngineEvent[] {
  const event = objectOf(parsed(line));
  const type = textOf(event.Type);
  const action = textOf(event.Action) || textOf(event.status);
  if (type === 'builder') return [{ kind: 'built' }];
  if (type !== 'image' || action === '' || idle.has(action)) return [];
  const id = textOf(objectOf(event.Actor).ID) || textOf(event.id);
  const images: EngineEvent = { kind: 'images', image: id === '' || id.length > 1000 ? null : id };
  return action === 'create' || action === 'build' ? [images, { kind: 'built' }] : [images];
}
