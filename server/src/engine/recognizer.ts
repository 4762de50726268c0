/** Which image was built from a Dockerfile. */

import type { Plan } from '../model/plan.ts';
import { formatPlatform } from '../model/platform.ts';
import { families, findImage, groupCount, newestFirst, worthAsking } from './candidates.ts';
import type { EngineImage, ImageSummary } from './engine.ts';
import type { FoundBy, Laid, Recognized } from './laid.ts';
import { lay } from './lay.ts';
import { type KnownBase, rootBase } from './layBorder.ts';
import { targetOf } from './layEntries.ts';
import { enoughTelling, type Likeness, likenessOf, otherTarget } from './layLikeness.ts';
import { mayShare, printsOf, rememberedPrints } from './layPrints.ts';
import { byNotedBuild, type NotedBuilds } from './notedBuilds.ts';
import { type LastLaid, lastLaid, movedTo } from './relaid.ts';

export interface RecognizeRequest {
  readonly plan: Plan;
  readonly images: readonly ImageSummary[];
  readonly hints: {
    readonly choice: string | null;
    readonly setting: string | null;
    /** Ids of images that remembered builds made, the newest first. */
    readonly recorded: readonly string[];
    readonly names: readonly { readonly name: string; readonly by: 'compose' | 'terminal' }[];
  };
  /** Id of the image that surely was this file's when it was looked for the last time, before edits. */
  readonly before?: string | null;
  /** All of an image, by id or name; null: the engine has it no more. */
  readonly image: (name: string) => Promise<EngineImage | null>;
  /** The base image of the target's lowest stage, where it is known. */
  readonly base?: KnownBase | null;
  /** Builds that were begun on this machine, asked for where histories leave it open; null: not known. */
  readonly noted?: () => Promise<NotedBuilds | null>;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Remembered builds that are looked at. */
const maxRecorded = 8;
/** Others that are named to choose from. */
const maxOthers = 12;
const atOnce = 4;
/** Images that are asked for before it is decided whether to ask for more. */
const inOneGo = 150;
/** Below this share of equal lines an image is not even likely to be that of the file. */
const likelyShare = 0.6;

interface Candidate extends Likeness {
  readonly image: EngineImage;
}

/**
 * Looks for it: what the user says, then what is remembered, then names, then histories. Rejects only
 * when it is aborted; an engine that does not answer is a reason.
 */
export async function recognizeImage(request: RecognizeRequest): Promise<Recognized> {
  const asking = new Asking(request);
  const told = await byUser(request, asking);
  if (told?.state === 'found') return told;
  const found =
    (await byRecord(request, asking)) ??
    (await byName(request, asking)) ??
    (await byHistoryOrBefore(request, asking));
  request.signal.throwIfAborted();
  if (!told) return found;
  return { ...found, reason: `${told.reason} ${found.reason}` };
}

const bases = new WeakMap<Laid, KnownBase | null>();
/** What became of each image with the last edit: most edits leave its lines as they are. */
const lasts = new WeakMap<Recognized, LastLaid>();

/** Lays the same image anew over another plan of the same file, as after an edit. Asks nobody. */
export function relay(recognized: Recognized, plan: Plan): Recognized {
  if (recognized.state !== 'found') return recognized;
  const base = bases.get(recognized.laid) ?? null;
  const last = lasts.get(recognized);
  const laid = (last && movedTo(plan, last)) ?? lay(plan, recognized.laid.image, base);
  lasts.set(recognized, lastLaid(plan, laid));
  bases.set(laid, base);
  return { ...recognized, laid };
}

/** Asks for images, each once; who does not answer is remembered. */
class Asking {
  readonly #request: RecognizeRequest;
  readonly #known = new Map<string, Promise<EngineImage | null>>();
  failure: string | null = null;

  constructor(request: RecognizeRequest) {
    this.#request = request;
  }

  image(name: string): Promise<EngineImage | null> {
    const { image, signal } = this.#request;
    signal.throwIfAborted();
    let asked = this.#known.get(name);
    if (!asked) {
      asked = image(name).catch((error: unknown) => {
        signal.throwIfAborted();
        this.failure ??= error instanceof Error ? error.message : String(error);
        return null;
      });
      this.#known.set(name, asked);
    }
    return asked;
  }

  get asked(): ReadonlySet<string> {
    return new Set(this.#known.keys());
  }
}

function found(
  { base }: RecognizeRequest,
  laid: Laid,
  how: { readonly foundBy: FoundBy; readonly sure: boolean; readonly reason: string },
  others: readonly ImageSummary[],
): Recognized {
  bases.set(laid, base ?? null);
  const rest = others.filter(({ id }) => id !== laid.image.id).slice(0, maxOthers);
  return { state: 'found', laid, ...how, others: rest.map(summaryOf) };
}

function summaryOf({ id, references, digests, createdAt, labels }: ImageSummary): ImageSummary {
  return { id, references, digests, createdAt, labels };
}

/** What the user chose, or the settings name. A `none`: it is said, but there is no such image. */
async function byUser(request: RecognizeRequest, asking: Asking): Promise<Recognized | null> {
  const { hints, images, plan, base } = request;
  let missing: Recognized | null = null;
  for (const foundBy of ['choice', 'setting'] as const) {
    const name = hints[foundBy];
    if (name === null || name === '') continue;
    const image = await asking.image(findImage(images, name)?.id ?? name);
    const said = foundBy === 'choice' ? 'You chose it' : 'The settings name it';
    if (image) {
      const laid = lay(plan, image, base ?? null);
      const reason = `${said}.${warning(request, image, laid)}`;
      return found(request, laid, { foundBy, sure: true, reason }, []);
    }
    const which = foundBy === 'choice' ? 'was chosen' : 'the settings name';
    missing ??= {
      state: 'none',
      others: [],
      reason: `The engine has no image ${name}, which ${which}.`,
    };
  }
  return missing;
}

/** What is to be said of an image that is meant, but is not what the file builds now. */
function warning({ plan, base }: RecognizeRequest, image: EngineImage, laid: Laid): string {
  const { platform } = plan.options;
  if (!isFor(image, plan)) {
    return ` It is for ${formatPlatform(image.platform)}, not for ${formatPlatform(platform)}.`;
  }
  const { complete } = likenessOf(plan, image, base ?? null);
  const other = complete ? null : otherTarget(plan, image, base ?? null);
  if (other) return ` It is a build of the stage ${other.name}, not of what is built here.`;
  return laid.certain ? '' : ` ${laid.reason}`;
}

function isFor({ platform }: EngineImage, { options }: Plan): boolean {
  return platform.os === options.platform.os && platform.arch === options.platform.arch;
}

/** Images that remembered builds made; a newer one with exactly this history is taken instead. */
async function byRecord(request: RecognizeRequest, asking: Asking): Promise<Recognized | null> {
  const { hints, plan, base } = request;
  for (const id of hints.recorded.slice(0, maxRecorded)) {
    const image = await asking.image(id);
    if (!image || !isFor(image, plan)) continue;
    const like = likenessOf(plan, image, base ?? null);
    if (!like.complete && otherTarget(plan, image, base ?? null)) continue;
    const reason = 'A build that is remembered made it.';
    const record = found(request, like.laid, { foundBy: 'record', sure: true, reason }, []);
    if (like.complete || image.createdAt === null) return record;
    const since = image.createdAt;
    const newer = request.images.filter(({ createdAt }) => createdAt !== null && createdAt > since);
    const better = await byHistory({ ...request, images: newer }, asking);
    return better.state === 'found' && better.sure ? better : record;
  }
  return null;
}

/** Names of Compose services that build this file, and names that were given in a terminal. */
async function byName(request: RecognizeRequest, asking: Asking): Promise<Recognized | null> {
  const { hints, images, plan, base } = request;
  let likely: Recognized | null = null;
  for (const { name, by } of hints.names.slice(0, maxRecorded)) {
    const summary = findImage(images, name);
    const image = summary ? await asking.image(summary.id) : null;
    if (!image || !isFor(image, plan)) continue;
    const like = likenessOf(plan, image, base ?? null);
    if (!like.complete && otherTarget(plan, image, base ?? null)) continue;
    // A name can be given to anything, so lines of the file must be in it.
    const sure = like.complete || (like.share >= likelyShare && like.telling >= enoughTelling);
    if (!sure && like.share === 0) continue;
    const foundBy = by === 'compose' ? 'compose' : 'record';
    const reason =
      by === 'compose'
        ? `Its name, ${name}, is that of a Compose service that builds this file.`
        : `A command in a terminal built this file under its name, ${name}.`;
    const answer = found(request, like.laid, { foundBy, sure, reason }, []);
    if (sure) return answer;
    likely ??= answer;
  }
  return likely;
}

/** An edit of the text takes nothing from what was sure; another image has to be surely the file's. */
async function byHistoryOrBefore(request: RecognizeRequest, asking: Asking): Promise<Recognized> {
  const { before, plan, base } = request;
  const now = await byHistory(request, asking);
  if (!before || (now.state === 'found' && now.sure)) return now;
  const image = await asking.image(before);
  if (!image || !isFor(image, plan)) return now;
  const { laid } = likenessOf(plan, image, base ?? null);
  if (!laid.certain || otherTarget(plan, image, base ?? null)) return now;
  const reason = 'Its history was that of this file before it was edited.';
  return found(request, laid, { foundBy: 'history', sure: true, reason }, now.others);
}

async function byHistory(request: RecognizeRequest, asking: Asking): Promise<Recognized> {
  const { plan, images } = request;
  const lines = targetOf(plan, plan.target).entries.length;
  if (lines === 0) {
    return {
      state: 'none',
      others: [],
      reason: 'This file adds nothing to its base image by which an image could be recognized.',
    };
  }
  const root = rootBase(plan, plan.target);
  const passed = {
    ids: asking.asked,
    bases: root && root.stage === null && !root.scratch ? [root.reference] : [],
  };
  const worth = worthAsking(images, passed).filter(({ id }) => {
    const prints = rememberedPrints(id);
    return prints === undefined || mayShare(plan, prints);
  });
  // Mostly the image is among the newest; the others are asked for where it is not.
  const candidates: Candidate[] = [];
  for (let at = 0; at < worth.length; at += inOneGo) {
    candidates.push(...(await lookAt(request, asking, worth.slice(at, at + inOneGo))));
    if (candidates.some(isLikely)) break;
  }
  const complete = newestFirst(
    candidates.filter((each) => each.complete).map(({ image }) => image),
  );
  // A name stays with an older image where a build came from cache alone, or the newest has none yet.
  const newest = complete.find((image) => families(image).length > 0) ?? complete[0];
  const ofNewest = candidates.find(({ image }) => image === newest);
  const likely =
    newest && ofNewest
      ? byEqualHistory(request, ofNewest, complete)
      : byLikeHistory(request, asking, candidates);
  return likely.state === 'found' && likely.sure
    ? likely
    : ((await byNoted(request, candidates, likely)) ?? likely);
}

/** Histories leave it open, and the docker command noted when which file was built. */
async function byNoted(
  request: RecognizeRequest,
  candidates: readonly Candidate[],
  { others, ...likely }: Recognized,
): Promise<Recognized | null> {
  if (!request.noted || candidates.length === 0) return null;
  const noted = await request.noted().catch(() => null);
  request.signal.throwIfAborted();
  const made = noted && (await byNotedBuild(noted, candidates));
  if (!made) return null;
  const rest = likely.state === 'found' ? [likely.laid.image, ...others] : others;
  const reason = `It was made when this file was built on this machine. ${made.laid.reason}`;
  return found(request, made.laid, { foundBy: 'record', sure: true, reason }, rest);
}

function isLikely({ complete, share, telling, laid }: Candidate): boolean {
  return complete || (laid.certain && share >= likelyShare && telling >= 1);
}

/** Histories that are exactly the file's. */
function byEqualHistory(
  request: RecognizeRequest,
  newest: Candidate,
  complete: readonly EngineImage[],
): Recognized {
  const groups = groupCount(complete);
  const telling = newest.telling >= enoughTelling;
  const isNewest = newest.image === complete[0];
  const sure = telling && groups <= 1 && isNewest;
  const reason = sure
    ? complete.length > 1
      ? 'Its history is exactly that of this file; of those, it is the newest.'
      : 'Its history is exactly that of this file.'
    : groups > 1
      ? `Its history is that of this file, but ${groups} images of different names have the same one.`
      : !isNewest
        ? 'Its history is that of this file, but so is that of a newer image without a name.'
        : 'Its history is that of this file, but so little stands in it that another file may have the same.';
  return found(request, newest.laid, { foundBy: 'history', sure, reason }, complete);
}

/** Histories that are the file's for the most part. */
function byLikeHistory(
  request: RecognizeRequest,
  asking: Asking,
  candidates: readonly Candidate[],
): Recognized {
  const likely = candidates
    .filter(isLikely)
    .sort((a, b) => b.share - a.share || (b.image.createdAt ?? 0) - (a.image.createdAt ?? 0));
  const [best] = likely;
  if (best) {
    const reason = `Most of its history is that of this file. ${best.laid.reason}`;
    return found(
      request,
      best.laid,
      { foundBy: 'history', sure: false, reason },
      likely.map(({ image }) => image),
    );
  }
  const others = candidates
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, maxOthers)
    .map(({ image }) => summaryOf(image));
  const reason = asking.failure
    ? `The engine did not tell of its images: ${asking.failure}`
    : 'No image in the engine has the history of this file.';
  return { state: 'none', others, reason };
}

/** Asks for each image, a few at once, and lays it over the file. */
async function lookAt(
  request: RecognizeRequest,
  asking: Asking,
  images: readonly ImageSummary[],
): Promise<readonly Candidate[]> {
  const { plan, base, signal } = request;
  const found: Candidate[] = [];
  const open = [...images];
  const work = async () => {
    for (let next = open.shift(); next; next = open.shift()) {
      const image = await asking.image(next.id);
      signal.throwIfAborted();
      if (!image || !mayShare(plan, printsOf(image)) || !isFor(image, plan)) continue;
      const like = likenessOf(plan, image, base ?? null);
      if (like.share === 0) continue;
      if (!like.complete && otherTarget(plan, image, base ?? null)) continue;
      found.push({ ...like, image });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}
