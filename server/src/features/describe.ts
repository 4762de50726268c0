/** Instructions in words: the one-line text of a row, and what a metadata instruction sets. */

import type { Step } from '../model/plan.ts';
import type { Instruction } from '../syntax/ast.ts';
import { grouped, oneLine } from './render.ts';

/** The instruction on one line of at most `limit` characters, continuations joined, without flags' line breaks. */
export function summary(instruction: Instruction, limit = 80): string {
  const heredoc = instruction.heredocs.length > 0 && instruction.joined.text.length < limit;
  return oneLine(instruction.joined.text, limit) + (heredoc ? ' …' : '');
}

/** What the instruction sets in the image config, one full sentence; null where it makes a layer. */
export function metadataDetail(step: Step): string | null {
  if (step.effect !== 'metadata') return null;
  const { command, config } = step;
  switch (command.kind) {
    case 'arg':
      return `Declares the build ${names('argument', command.args.map(argument))}.`;
    case 'env':
      return `Sets the environment ${names(
        'variable',
        command.pairs.map(({ key }) => key),
      )}.`;
    case 'label':
      return `Sets the ${names(
        'label',
        command.pairs.map(({ key }) => key),
      )}.`;
    case 'maintainer':
      return `Names ${short(command.value)} as the maintainer.`;
    case 'cmd':
      return `Sets the default command: ${short(words(config.cmd))}.`;
    case 'entrypoint':
      return `Sets the entry point: ${short(words(config.entrypoint))}.`;
    case 'shell':
      return `Sets the shell of later shell-form instructions: ${short(command.words.join(' '))}.`;
    case 'expose':
      return `Notes the ${names('port', command.ports)} as exposed.`;
    case 'volume':
      return `Declares the ${names('volume', command.paths)}.`;
    case 'user':
      return `Sets the user to ${short(config.user)}.`;
    case 'workdir':
      return `Sets the working directory to ${short(step.workdir ?? config.workingDir)}.`;
    case 'stopsignal':
      return `Sets the signal that stops the container to ${short(config.stopSignal)}.`;
    case 'healthcheck':
      return command.test[0] === 'NONE'
        ? 'Switches the health check of the base off.'
        : `Sets the health check: ${short(command.test.slice(1).join(' '))}.`;
    case 'onbuild':
      return `Stores an instruction for images that are built on this one: ${short(command.expression)}.`;
    case 'from':
    case 'run':
    case 'copy':
    case 'add':
    case 'invalid':
      return null;
  }
}

function argument({ key, value }: { readonly key: string; readonly value: string | null }): string {
  return value === null ? key : `${key}=${value}`;
}

function words(list: readonly string[] | null): string {
  return (list ?? []).join(' ');
}

function names(noun: string, list: readonly string[]): string {
  const shown = list.slice(0, 5).map((name) => oneLine(name, 60));
  const left = list.length - shown.length;
  const more = left > 0 ? ` and ${grouped(left)} more` : '';
  return `${noun}${list.length === 1 ? '' : 's'} ${shown.join(', ')}${more}`;
}

function short(text: string): string {
  return oneLine(text, 120);
}
