/** Values of options that have a form of their own. What is wrong with them is a `Refusal`. */

import { readBytes, readImage } from '../settings.ts';
import { type CliIo, Refusal } from './io.ts';

/**
 * As `docker build` reads them: a name alone passes the variable of the environment, if there is one,
 * and SOURCE_DATE_EPOCH of the environment is one without being named (`build/opt.go` of buildx).
 */
export function buildArgsOf(given: readonly string[], io: CliIo): Record<string, string> {
  const result: Record<string, string> = Object.create(null);
  for (const argument of given) {
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? io.env[name] : argument.slice(equals + 1);
    if (name === '') throw new Refusal(`--build-arg ${argument} has no name.`);
    if (value !== undefined) result[name] = value;
  }
  const epoch = io.env.SOURCE_DATE_EPOCH;
  if (epoch) result.SOURCE_DATE_EPOCH ??= epoch;
  return result;
}

/** `PATTERN=debian:bookworm-slim`, or `PATTERN=suite=bookworm,size=230MB,layers=5`, or both. */
export function imagesOf(given: readonly string[]): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const argument of given) {
    const [pattern = '', ...rest] = argument.split('=');
    const said: Record<string, unknown> = {};
    for (const part of rest.join('=').split(',')) {
      const [name = '', value] = part.split('=', 2);
      if (value === undefined) said.like = name;
      else said[name] = name === 'layers' ? Number(value) : value;
    }
    const unknown = Object.keys(said).find((name) => !imageFields.includes(name));
    const isReadable = said.size === undefined || readBytes(said.size) !== undefined;
    if (unknown !== undefined || !isReadable || !readImage(pattern, said)) {
      throw new Refusal(
        `--base-image ${argument} says nothing of an image. Write it like 'registry.example.com/base:*=debian:bookworm-slim,size=230MB,layers=5'.`,
      );
    }
    result[pattern] = said;
  }
  return result;
}

const imageFields = ['like', 'distribution', 'suite', 'size', 'layers'];

/** A size such as `500MB`, in bytes; null: the option is not given. */
export function budget(option: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const bytes = readBytes(value);
  if (bytes === undefined) {
    throw new Refusal(`${option} ${value} is no size. Write it like 500MB, 1.5GiB, 12kB or 4096.`);
  }
  return bytes;
}
