/** Layers of built images in words: what made them, their digest, their time, where they are kept. */

import type { EngineInfo } from '../engine/engine.ts';
import { moment, oneLine, shortDigest, shortId } from './render.ts';

/** What is told of a layer, as far as it goes into a sentence. */
interface ToldLayer {
  readonly diffId: string | null;
  /** Of the image that it was found in; null: not worth a word. */
  readonly image?: string | null;
  /** ISO 8601. */
  readonly createdAt: string | null;
  readonly driver: string | null;
  readonly folder: string | null;
}

/**
 * `Layer sha256:1a2b3c4d5e6f, made 14:02.` and where its engine keeps it, a sentence each; none where
 * nothing of that is told.
 */
export function layerSentences(
  { diffId, image = null, createdAt, driver, folder }: ToldLayer,
  info: EngineInfo | null,
  now: Date,
): readonly string[] {
  const made = createdAt === null ? '' : moment(createdAt, now);
  const facts = [
    diffId === null ? '' : `diff ID ${shortDigest(diffId)}`,
    image === null ? '' : `image ${shortId(image)}`,
    made && `made ${made}`,
  ].filter(Boolean);
  const store = driver === null ? '' : ` (${driver})`;
  return [
    ...(facts.length > 0 ? [`Layer: ${facts.join(', ')}${folder === null ? store : ''}.`] : []),
    ...(folder === null ? [] : [`Kept in ${folder}${store}${place(info)}.`]),
  ];
}

/** Whose folder it is, where it is not of this machine: `, inside Docker Desktop's virtual machine`. */
function place(info: EngineInfo | null): string {
  if (!info) return '';
  if (info.virtual) {
    const isDesktop = /desktop/i.test(`${info.product} ${info.endpoint} ${info.foundBy}`);
    return `, inside ${isDesktop ? "Docker Desktop's" : "the engine's"} virtual machine`;
  }
  return /^(unix|npipe):/.test(info.endpoint) ? '' : ", on the engine's machine";
}

/**
 * An entry of an image's history as the instruction that made it, on one line: `RUN apt-get update`
 * of `/bin/sh -c apt-get update`, `ADD file:… in /` of `/bin/sh -c #(nop) ADD file:… in /`. Arguments
 * in front of a RUN are left out (GROUND-TRUTH, section 6).
 */
export function historyWords(createdBy: string, limit = 80): string {
  const text = createdBy.slice(0, 4000);
  const legacy = /^\S+(?: -\S+)* #\(nop\) +([\s\S]*)$/.exec(text);
  if (legacy) return oneLine(withoutHash(legacy[1] ?? ''), limit);
  const plain = text.replace(/\s*# buildkit\s*$/, '');
  const isRun = /^RUN /.test(plain) || !/^[A-Z]{3,} /.test(plain);
  if (!isRun) return oneLine(plain, limit);
  const script = withoutArguments(plain.replace(/^RUN /, ''));
  const command = script.replace(/^\/bin\/(?:sh|bash) (?:-o pipefail )?-e?c /, '');
  // Tools that make base images write a comment (debuerreotype) or nothing of a command.
  return /^#|^$/.test(command) ? oneLine(plain, limit) : oneLine(`RUN ${command}`, limit);
}

/** `|2 A=1 B=2 /bin/sh -c …`: values may have blanks, so the shell ends them where there is one. */
function withoutArguments(script: string): string {
  if (!/^\|\d+ /.test(script)) return script;
  const shell = / (?=\/bin\/(?:sh|bash) )/.exec(script);
  return shell ? script.slice(shell.index + 1) : script.replace(/^\|\d+ /, '');
}

/** The digest of what was added says nothing to a reader. */
function withoutHash(text: string): string {
  return text.replace(/\b(file|dir|multi):[0-9a-f]{12,}/g, '$1');
}
