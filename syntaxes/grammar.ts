// Writes the injection grammars beside this file: `node --import tsx syntaxes/grammar.ts`.
//
// VS Code's own grammar for Dockerfiles (scope `source.dockerfile`) knows keywords, quotes and
// comments. These grammars are injected into it and colour the rest: flags, variables, parser
// directives, exec form, ONBUILD, and the shell inside RUN and heredocs. Keywords, quotes and
// comments keep the scopes that they had, so their colours stay.
//
// A TextMate grammar sees one line at a time and remembers only its stack of rules. What follows:
// - An instruction is a rule that ends at a line end; a continuation is matched with its line end,
//   so the rule does not see it.
// - The shell's own rules may span lines (an open quote), and then hide the end of the rule around
//   them. Where shell is embedded a `while` rule stands around it, because that is checked first on
//   each line. It cannot see whether the line before was continued, so a RUN of several lines ends
//   before the next line that begins with an instruction keyword in the same case.
// - Flags and file names get no `string` scope: in a string VS Code offers no completion by itself.
// - No embedded language is declared: comment toggling and the like stay those of Dockerfiles.
// - Every `include` of the shell grammar may be missing; then shell stays plain.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const raw = String.raw;

const keywords = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
];

const prefix = raw`^[ \t]*(?:((?i:ONBUILD))[ \t]+)?`;
const wordEnd = raw`(?=[ \t]|\\?$)`;
const flags = raw`(?:[ \t]+--[^ \t]+)*`;
const jsonString = raw`"(?:[^"\\]|\\.)*"`;
/** A JSON array up to the line's end, or up to a continuation. */
const jsonLine = raw`\[[ \t]*(?:${jsonString}[ \t]*,[ \t]*)*(?:${jsonString}[ \t]*)?(?:\][ \t]*|\\[ \t]*)$`;
/** Text in which every quote is closed: BuildKit finds no heredoc in other text. */
const balanced = raw`(?:[^"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')*`;
const delimiter = raw`[^\s<>"']+`;
/** Groups: dash, quote, delimiter. */
const heredoc = raw`\d*<<(?!-[ \t])(-?)[ \t]*(["']?)(${delimiter})`;
const aShell = raw`(?:/(?:usr/)?bin/)?(?:ba|da|a|z|k)?sh`;
/** The line that ends a heredoc; tabs before it count only with `<<-`. An empty group makes `(?!)`. */
const terminator = (dash: number, name: number) => `(?:(?!\\${dash})(?=\\t)\\t+)?\\${name}$`;

/** The line's end; not of an empty line, since that stands inside a continued instruction. */
const instructionEnd = raw`(?<=[^\n])(?=\n)`;

const scope = (name: string) => ({ name });
const include = (...names: string[]) => names.map((name) => ({ include: name }));
const keywordCaptures = {
  1: scope('keyword.control.dockerfile'),
  2: scope('keyword.other.special-method.dockerfile'),
};
const shell = include('source.shell#typical_statements', 'source.shell');
/** What may stand between the lines of any instruction. */
const between = ['#comment', '#blank', '#continuation'];

/** An instruction without shell: begins with one of the keywords and ends with its last line. */
const instruction = (names: string[], ...patterns: string[]) => ({
  name: 'meta.instruction.dockerfile',
  begin: `${prefix}((?i:${names.join('|')}))${wordEnd}`,
  beginCaptures: keywordCaptures,
  end: instructionEnd,
  patterns: include(...between, ...patterns),
});

/** A command in shell form over several lines, its keyword in one case. */
const runLines = (spell: (keyword: string) => string) => ({
  name: 'meta.instruction.dockerfile',
  begin: raw`${prefix}(${['RUN', 'CMD', 'ENTRYPOINT'].map(spell).join('|')})${wordEnd}(?=.*\\[ \t]*$)`,
  beginCaptures: keywordCaptures,
  while: raw`^(?![ \t]*(?:${keywords.map(spell).join('|')})${wordEnd})`,
  contentName: 'meta.embedded.block.shell.dockerfile',
  patterns: [...include(...between, '#run-flag', '#json-line'), ...shell],
});

const quoted = (quote: string, scopeName: string, ...patterns: string[]) => ({
  name: scopeName,
  begin: quote,
  end: raw`${quote}|(?=\n)`,
  patterns: include('#continuation', '#escape', ...patterns),
});

/** A heredoc that is text: `rest` colors what follows on its line, `body` the text. */
const heredocText = (quote: string, rest: object[], body: object[]) => ({
  begin: raw`(?<=[ \t])(?=\d*<<(?!-[ \t])(-?)[ \t]*(${quote})(${delimiter})\2(?=[ \t]|$)(?!.*[ \t]\d*<<(?!<)))`,
  end: `^${terminator(1, 3)}`,
  endCaptures: { 0: scope('keyword.control.heredoc-token.dockerfile') },
  patterns: [
    {
      begin: raw`(\d*<<)(-?)[ \t]*((${quote})(${delimiter})\4)(?=[ \t]|$)`,
      beginCaptures: {
        1: scope('keyword.operator.heredoc.dockerfile'),
        2: scope('keyword.operator.heredoc.dockerfile'),
        3: scope('keyword.control.heredoc-token.dockerfile'),
      },
      while: `^(?!${terminator(2, 5)})`,
      patterns: [
        {
          name: 'string.unquoted.heredoc.dockerfile',
          match: '^.+$',
          captures: { 0: { patterns: body } },
        },
        { match: '.+$', captures: { 0: { patterns: rest } } },
      ],
    },
  ],
});
const quotes = `["']`;

/** Injected everywhere but inside what it already matched. */
const details = {
  name: 'Details of Dockerfiles',
  scopeName: 'dockerfile-layers.details.injection',
  injectionSelector: 'L:source.dockerfile -meta.instruction.dockerfile -meta.directives.dockerfile',
  patterns: include(
    '#directives',
    '#exec',
    '#run-script',
    '#run-heredoc',
    '#run-line',
    '#run-lines-upper',
    '#run-lines-lower',
    '#healthcheck',
    '#from',
    '#pairs',
    '#plain',
    '#unknown',
  ),
  repository: {
    directives: {
      comment: 'Read only while every line before was a directive, so only from the first line on.',
      name: 'meta.directives.dockerfile',
      begin: raw`\A(?=[ \t]*#[ \t]*(?i:syntax|escape|check)[ \t]*=[ \t]*\S)`,
      end: raw`^(?![ \t]*#[ \t]*(?i:syntax|escape|check)[ \t]*=[ \t]*\S)`,
      patterns: include('#escape-backtick', '#directive'),
    },
    directive: {
      name: 'comment.line.number-sign.dockerfile',
      match: raw`^[ \t]*(#)[ \t]*((?i:syntax|escape|check))[ \t]*(=)[ \t]*(\S.*)$`,
      captures: {
        1: scope('punctuation.definition.comment.dockerfile'),
        2: scope('keyword.other.directive.dockerfile'),
        3: scope('keyword.operator.assignment.dockerfile'),
        4: scope('string.unquoted.directive.dockerfile'),
      },
    },
    'escape-backtick': {
      comment:
        'From here to the end of the file a backtick continues lines. Such files are written for other shells than sh, so their commands stay plain.',
      begin: raw`^(?=[ \t]*#[ \t]*(?i:escape)[ \t]*=[ \t]*\x60[ \t]*$)`,
      end: '(?!)',
      patterns: include('#directive', '#comment', '#backtick-instruction'),
    },
    'backtick-instruction': {
      name: 'meta.instruction.dockerfile',
      begin: raw`${prefix}(?:((?i:${keywords.join('|')}))(?=[ \t]|\x60?$)|(?=[^\s#]))`,
      beginCaptures: keywordCaptures,
      end: instructionEnd,
      patterns: [
        ...include('#comment', '#blank'),
        {
          name: 'constant.character.escape.line-continuation.dockerfile',
          match: raw`(?<!\x60)\x60[ \t]*\n`,
        },
        ...include('#flag', '#as', '#json-line'),
        {
          name: 'string.quoted.double.dockerfile',
          begin: '"',
          end: raw`"|(?=\n)`,
          patterns: include('#variable'),
        },
        ...include('#variable'),
      ],
    },
    exec: {
      name: 'meta.instruction.dockerfile',
      begin: raw`${prefix}((?i:RUN|CMD|ENTRYPOINT|SHELL))(?=${flags}[ \t]*${jsonLine})`,
      beginCaptures: keywordCaptures,
      end: instructionEnd,
      patterns: include(...between, '#flag', '#json'),
    },
    'run-script': {
      comment:
        'RUN with nothing but a heredoc, or with a shell that reads it: the body is a script.',
      name: 'meta.instruction.dockerfile',
      begin: raw`${prefix}((?i:RUN))(?=${flags}[ \t]+(?:${aShell}[ \t]+)?${heredoc}\4[ \t]*(?:${aShell}(?:[ \t]+-[^ \t]+)*[ \t]*)?$)`,
      beginCaptures: keywordCaptures,
      end: `^${terminator(3, 5)}`,
      endCaptures: { 0: scope('keyword.control.heredoc-token.dockerfile') },
      patterns: [
        ...include('#run-flag'),
        {
          name: 'meta.embedded.block.script.dockerfile',
          begin: raw`(\d*<<)(-?)[ \t]*((["']?)(${delimiter})\4)(?=[ \t]|$)`,
          beginCaptures: {
            1: scope('keyword.operator.heredoc.dockerfile'),
            2: scope('keyword.operator.heredoc.dockerfile'),
            3: scope('keyword.control.heredoc-token.dockerfile'),
          },
          while: `^(?!${terminator(2, 5)})`,
          patterns: include('#foreign-script', 'source.shell'),
        },
      ],
    },
    'foreign-script': {
      comment: 'A script whose first line names another interpreter.',
      begin: raw`^#!(?!.*\b(?:ba|da|a|z|k)?sh\b).*$`,
      beginCaptures: { 0: scope('comment.line.shebang.dockerfile') },
      end: '(?!)',
      patterns: [{ name: 'string.unquoted.heredoc.dockerfile', match: '^.+$' }],
    },
    'run-heredoc': {
      comment:
        'RUN with a heredoc on its first line that some command reads. Heredocs on later lines are left to the shell grammar.',
      name: 'meta.instruction.dockerfile',
      begin: raw`${prefix}((?i:RUN))(?=[ \t]${balanced}(?<=[ \t])${heredoc}\4(?=[ \t]|$)${balanced}$)`,
      beginCaptures: keywordCaptures,
      end: instructionEnd,
      patterns: [
        ...include('#run-flag', '#run-heredoc-text', '#run-heredoc-quoted', '#heredoc-mark'),
        {
          name: 'meta.embedded.line.shell.dockerfile',
          match: raw`(?:[^ \t\n]|[ \t]+(?!\d*<<(?!<)|--|\n))+`,
          captures: { 0: { patterns: shell } },
        },
      ],
    },
    heredoc: heredocText('', include('#variable'), include('#variable')),
    'heredoc-quoted': heredocText(quotes, include('#variable'), []),
    'run-heredoc-text': heredocText('', shell, include('#variable')),
    'run-heredoc-quoted': heredocText(quotes, shell, []),
    'heredoc-mark': {
      comment: 'One of several on a line; the text reaches to the end of the last one.',
      match: raw`(?<=[ \t])(\d*<<(?!-[ \t])-?)[ \t]*((["']?)${delimiter}\3)(?=[ \t]|$)`,
      captures: {
        1: scope('keyword.operator.heredoc.dockerfile'),
        2: scope('keyword.control.heredoc-token.dockerfile'),
      },
    },
    'run-line': {
      comment: 'On one line: exact.',
      name: 'meta.instruction.dockerfile',
      begin: raw`${prefix}((?i:RUN|CMD|ENTRYPOINT))(?=[ \t]|$)(?!.*\\[ \t]*$)`,
      beginCaptures: keywordCaptures,
      while: '(?!)',
      contentName: 'meta.embedded.line.shell.dockerfile',
      patterns: [...include('#run-flag'), ...shell],
    },
    'run-lines-upper': runLines((keyword) => keyword),
    'run-lines-lower': runLines((keyword) => keyword.toLowerCase()),
    healthcheck: instruction(
      ['HEALTHCHECK'],
      '#flag',
      '#healthcheck-type',
      '#json-line',
      '#healthcheck-command',
    ),
    'healthcheck-type': {
      name: 'keyword.other.special-method.dockerfile',
      match: raw`(?<=[ \t]|^)(?i:CMD|NONE)(?=[ \t]|$)`,
    },
    'healthcheck-command': {
      name: 'meta.embedded.line.shell.dockerfile',
      match: raw`(?=[^ \t\n\\])(?:[^\\\n]|\\(?![ \t]*$))+`,
      captures: { 0: { patterns: shell } },
    },
    from: instruction(['FROM'], '#flag', '#as', '#string', '#variable'),
    as: {
      match: raw`(?<=[ \t])((?i:AS))[ \t]+([^\s\\]+)[ \t]*$`,
      captures: {
        1: scope('keyword.control.as.dockerfile'),
        2: scope('entity.name.type.stage.dockerfile'),
      },
    },
    pairs: instruction(
      ['ARG', 'ENV', 'LABEL'],
      '#flag',
      '#assignment',
      '#string',
      '#variable',
      '#escape',
    ),
    assignment: {
      match: raw`(?<=[ \t]|^)([A-Za-z_][\w.-]*)(=)`,
      captures: {
        1: scope('variable.other.assignment.dockerfile'),
        2: scope('keyword.operator.assignment.dockerfile'),
      },
    },
    plain: instruction(
      [
        'ADD',
        'COPY',
        'EXPOSE',
        'MAINTAINER',
        'ONBUILD',
        'RUN',
        'CMD',
        'ENTRYPOINT',
        'SHELL',
        'STOPSIGNAL',
        'USER',
        'VOLUME',
        'WORKDIR',
      ],
      '#flag',
      '#json-line',
      '#heredoc',
      '#heredoc-quoted',
      '#heredoc-mark',
      '#string',
      '#variable',
      '#escape',
    ),
    unknown: {
      comment: 'A word that is no instruction: its quotes end with it.',
      name: 'meta.instruction.dockerfile',
      begin: raw`^(?=[ \t]*[^\s#])`,
      end: instructionEnd,
      patterns: include(...between, '#string', '#escape'),
    },
    flag: {
      match: raw`(?<=[ \t]|^)(--)([A-Za-z][\w-]*)(?:(=)([^ \t\n]*))?(?=[ \t]|$)`,
      captures: {
        1: scope('constant.other.option.dash.dockerfile'),
        2: scope('constant.other.option.dockerfile'),
        3: scope('keyword.operator.assignment.dockerfile'),
        4: { name: 'meta.flag-value.dockerfile', patterns: include('#flag-value') },
      },
    },
    'run-flag': {
      comment: 'Only those of RUN: other words with dashes belong to the command.',
      match: raw`(?:(?<=RUN|run|Run)|^)[ \t]+(?:--(?:mount|network|security|device)=[^ \t\n]*(?:[ \t]+(?=--(?:mount|network|security|device)=)|(?=[ \t]|$)))+`,
      captures: { 0: { patterns: include('#flag') } },
    },
    'flag-value': {
      patterns: [
        {
          match: raw`(?<=[,=])([A-Za-z-]+)(=)`,
          captures: {
            1: scope('variable.parameter.flag.dockerfile'),
            2: scope('keyword.operator.assignment.dockerfile'),
          },
        },
        ...include('#variable'),
        { name: 'constant.other.flag-value.dockerfile', match: raw`[^,=$ \t\n]+|[$=]` },
      ],
    },
    'json-line': {
      begin: `(?=${jsonLine})`,
      end: raw`(?=\n)|(?<=\])`,
      patterns: include('#json'),
    },
    json: {
      name: 'meta.structure.array.dockerfile',
      begin: raw`\[`,
      beginCaptures: { 0: scope('punctuation.definition.array.begin.dockerfile') },
      end: raw`(\])|(?=\n)`,
      endCaptures: { 1: scope('punctuation.definition.array.end.dockerfile') },
      patterns: [
        ...include(...between),
        { name: 'punctuation.separator.array.dockerfile', match: ',' },
        {
          name: 'string.quoted.double.dockerfile',
          begin: '"',
          end: raw`"|(?=\n)`,
          patterns: [
            {
              name: 'constant.character.escaped.dockerfile',
              match: raw`\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})`,
            },
            { name: 'invalid.illegal.escape.dockerfile', match: raw`\\.` },
          ],
        },
      ],
    },
    string: {
      patterns: [
        quoted('"', 'string.quoted.double.dockerfile', '#variable'),
        quoted("'", 'string.quoted.single.dockerfile'),
      ],
    },
    variable: { patterns: include('#variable-name', '#variable-bracket') },
    'variable-name': {
      name: 'variable.other.dockerfile',
      match: raw`(\$)[A-Za-z_]\w*`,
      captures: { 1: scope('punctuation.definition.variable.dockerfile') },
    },
    'variable-bracket': {
      name: 'variable.other.bracket.dockerfile',
      begin: raw`\$\{`,
      beginCaptures: { 0: scope('punctuation.definition.variable.dockerfile') },
      end: raw`(\})|(?=\n)`,
      endCaptures: { 1: scope('punctuation.definition.variable.dockerfile') },
      patterns: [
        { name: 'keyword.operator.expansion.dockerfile', match: raw`(?<=\w):?[-+?]|##?|%%?|//?` },
        {
          comment: 'One level deep only, so that the rules do not pile up.',
          name: 'variable.other.bracket.dockerfile',
          match: raw`\$\{[^${'{}'}\n]*\}`,
        },
        ...include('#variable-name'),
      ],
    },
    escape: { name: 'constant.character.escaped.dockerfile', match: raw`\\[^\s]` },
    continuation: {
      name: 'constant.character.escape.line-continuation.dockerfile',
      match: raw`(?<!\\)\\[ \t]*\n`,
    },
    comment: {
      name: 'comment.line.number-sign.dockerfile',
      match: raw`^[ \t]*(#).*\n?`,
      captures: { 1: scope('punctuation.definition.comment.dockerfile') },
    },
    blank: { match: raw`^[ \t]*\n` },
  },
};

/** Comment and blank lines inside whatever the shell grammar has open: the builder removes them. */
const comments = {
  name: 'Comment lines inside the commands of Dockerfiles',
  scopeName: 'dockerfile-layers.comments.injection',
  injectionSelector: 'L:meta.embedded.block.shell.dockerfile',
  patterns: include('#comment', '#blank'),
  repository: { comment: details.repository.comment, blank: details.repository.blank },
};

/**
 * Indentation of a line that goes on with a command. A `while` rule makes the line's start an
 * anchor, at which the shell grammar expects a new command's name; so one blank is left for an
 * argument, and none for an operator.
 */
const indent = {
  name: 'Indentation inside the commands of Dockerfiles',
  scopeName: 'dockerfile-layers.indent.injection',
  injectionSelector:
    'L:meta.embedded.block.shell.dockerfile meta.statement.command.shell, L:meta.embedded.block.script.dockerfile meta.statement.command.shell',
  patterns: [
    { match: raw`^[ \t]+(?=[&|;)}<>])` },
    { match: raw`^[ \t]+(?=[ \t][^ \t\n&|;)}<>#])` },
  ],
};

/**
 * A continuation behind an assignment (`A=1 \\`, then the command): the shell grammar takes the
 * backslash for the command's name, and the command on the next line for nothing.
 */
const continuations = {
  name: 'Continuation lines behind assignments in the commands of Dockerfiles',
  scopeName: 'dockerfile-layers.continuations.injection',
  injectionSelector: 'L:meta.embedded.block.shell.dockerfile meta.expression.assignment.shell',
  patterns: [
    {
      match: raw`[ \t]+(\\)[ \t]*\n`,
      captures: { 1: scope('constant.character.escape.line-continuation.dockerfile') },
    },
  ],
};

/** Text of each file as committed. */
export const files = {
  'details.tmLanguage.json': `${JSON.stringify(details, null, 2)}\n`,
  'comments.tmLanguage.json': `${JSON.stringify(comments, null, 2)}\n`,
  'indent.tmLanguage.json': `${JSON.stringify(indent, null, 2)}\n`,
  'continuations.tmLanguage.json': `${JSON.stringify(continuations, null, 2)}\n`,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(new URL(name, import.meta.url), text);
  }
}
