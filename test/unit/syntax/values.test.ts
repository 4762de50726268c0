import assert from 'node:assert/strict';
import { checksumError, chmodError } from '../../../server/src/syntax/copyValues.ts';
import { csvFields } from '../../../server/src/syntax/csv.ts';
import { readDevice } from '../../../server/src/syntax/devices.ts';
import { parseDuration } from '../../../server/src/syntax/durations.ts';
import { isHttpSource, readGitRef } from '../../../server/src/syntax/gitRef.ts';
import { goQuote } from '../../../server/src/syntax/goText.ts';
import { checkMount, readMount } from '../../../server/src/syntax/mounts.ts';
import { portNames, readPort } from '../../../server/src/syntax/ports.ts';
import { signalError } from '../../../server/src/syntax/signals.ts';
import { suggest } from '../../../server/src/syntax/suggestions.ts';
import { eachCase } from '../../support/conformance.ts';

interface DeviceCase {
  readonly input: string;
  readonly name?: string;
  readonly required?: boolean;
  readonly error?: string;
}
eachCase<DeviceCase>(
  'run_device',
  ({ input }) => input,
  ({ input, name, required, error }) => {
    const device = readDevice(input);
    assert.deepEqual(device, error ? { ok: false, error } : { ok: true, name, required });
  },
);

interface PortCase {
  readonly port: string;
  readonly ports?: readonly string[];
  readonly error?: string;
  readonly lint: readonly string[];
}
eachCase<PortCase>(
  'expose_ports',
  ({ port }) => port,
  ({ port, ports, error, lint }) => {
    const reading = readPort(port);
    assert.equal(reading.ok ? undefined : reading.error, error);
    if (!reading.ok) return;
    assert.deepEqual(portNames(reading.ports), ports);
    assert.equal(reading.ports.mapped, lint.includes('ExposeInvalidFormat'));
  },
);

interface GitCase {
  readonly input: string;
  readonly isGit: boolean;
  readonly error?: string;
  readonly ref?: Readonly<Record<string, unknown>>;
}
eachCase<GitCase>(
  'git_refs',
  ({ input }) => input,
  ({ input, isGit, error, ref }) => {
    const reading = readGitRef(input);
    assert.equal(reading.git, isGit);
    if ('error' in reading) {
      assert.equal(reading.error, error);
      return;
    }
    assert.equal(undefined, error);
    const { ref: found } = reading;
    assert.ok(found);
    assert.deepEqual(
      {
        Remote: found.remote,
        ShortName: found.shortName,
        ...(found.ref && { Ref: found.ref }),
        ...(found.checksum && { Checksum: found.checksum }),
        ...(found.subdir && { SubDir: found.subdir }),
        ...(found.likeLocalPath && { IndistinguishableFromLocal: true }),
        ...(found.unencrypted && { UnencryptedTCP: true }),
        ...(found.keepGitDir !== null && { KeepGitDir: found.keepGitDir }),
        ...(found.submodules !== null && { Submodules: found.submodules }),
        ...(found.mtime && { MTime: found.mtime }),
        ...(found.fetchByCommit && { FetchByCommit: true }),
      },
      ref,
    );
  },
);

describe('sources of ADD', () => {
  it('are downloads over http unless they name a repository', () => {
    assert.equal(isHttpSource('https://x/y.tar.gz'), true);
    assert.equal(isHttpSource('https://x/y.git'), false);
    assert.equal(isHttpSource('HTTP://x/y'), false);
    assert.equal(isHttpSource('https://x/%zz'), true);
  });
});

describe('durations of HEALTHCHECK', () => {
  const read = (text: string) => {
    const duration = parseDuration(text);
    return duration.ok ? duration.value : duration.error;
  };
  it('are read as Go reads them', () => {
    assert.equal(read('1m30s'), 90e9);
    assert.equal(read('.5s'), 5e8);
    assert.equal(read('1.5h'), 5400e9);
    assert.equal(read('-1ms'), -1e6);
    assert.equal(read('+0'), 0);
    assert.equal(read('2µs'), 2000);
  });
  it('give the error of Go', () => {
    assert.equal(read('30'), 'time: missing unit in duration "30"');
    assert.equal(read('1d'), 'time: unknown unit "d" in duration "1d"');
    assert.equal(read('.s'), 'time: invalid duration ".s"');
    assert.equal(read('s'), 'time: invalid duration "s"');
    assert.equal(read(''), 'time: invalid duration ""');
    assert.equal(read('9999999h'), 'time: invalid duration "9999999h"');
  });
});

describe('comma-separated flags', () => {
  const read = (text: string) => {
    const csv = csvFields(text);
    return csv.ok ? csv.fields : csv.error;
  };
  it('may quote a field', () => {
    assert.deepEqual(read('a,"b,""c""",d'), ['a', 'b,"c"', 'd']);
    assert.deepEqual(read('a,,'), ['a', '', '']);
    assert.deepEqual(read('"a",'), ['a', '']);
  });
  it('give the error of Go with the column', () => {
    assert.equal(read(''), 'EOF');
    assert.equal(read('é,a"b'), 'parse error on line 1, column 5: bare " in non-quoted-field');
    assert.equal(
      read('"a"b'),
      'parse error on line 1, column 3: extraneous or missing " in quoted-field',
    );
    assert.equal(
      read('"ab'),
      'parse error on line 1, column 2: extraneous or missing " in quoted-field',
    );
  });
});

describe('mounts of RUN', () => {
  const check = (text: string, values: Readonly<Record<string, string>> = {}) => {
    const reading = readMount(text);
    if (!reading.ok) return reading.error;
    const checked = checkMount(reading.mount, (value) => {
      const name = value.startsWith('$') ? value.slice(1) : null;
      if (name === null) return { ok: true, value };
      const found = values[name];
      return found === undefined ? { ok: false, error: `no ${name}` } : { ok: true, value: found };
    });
    return checked.ok ? checked.mount : checked.error;
  };
  const plain = {
    ...{ type: 'bind', from: '', source: '', target: '', readonly: true, sizeLimit: 0, id: '' },
    ...{ sharing: '', required: false, env: null, mode: null, uid: null, gid: null },
  };

  it('are read with their defaults', () => {
    assert.deepEqual(check('target=/x'), { ...plain, target: '/x' });
    assert.deepEqual(check('type=cache,dst=/x,id=y,sharing=LOCKED,mode=755,uid=1'), {
      ...plain,
      ...{ type: 'cache', target: '/x', id: 'y', sharing: 'locked', mode: 0o755, uid: 1 },
      readonly: false,
    });
    assert.deepEqual(check('type=tmpfs,target=/x,size=1.5m'), {
      ...plain,
      ...{ type: 'tmpfs', target: '/x', readonly: false, sizeLimit: 1572864 },
    });
    assert.deepEqual(check('type=secret,id=a,env=B,required'), {
      ...plain,
      ...{ type: 'secret', id: 'a', env: 'B', required: true },
    });
    assert.deepEqual(check('target=/x,rw,from=s'), {
      ...plain,
      ...{ target: '/x', from: 's', readonly: false },
    });
    assert.deepEqual(check('TYPE=$T,target=/x', { T: 'cache' }), {
      ...plain,
      ...{ type: 'cache', target: '/x', readonly: false },
    });
  });

  for (const [text, error] of [
    ['type=foo', 'unsupported mount type "foo"'],
    ['type=cach', 'unsupported mount type "cach" (did you mean cache?)'],
    ['colour=1', "unexpected key 'colour' in 'colour=1'"],
    ['tagret=/x', "unexpected key 'tagret' in 'tagret=/x' (did you mean target?)"],
    ['foo', "invalid field 'foo' must be a key=value pair"],
    ['required', "unexpected key 'required' for mount type 'bind'"],
    ['required=true,type=ssh', "unexpected key 'required' for mount type 'bind'"],
    ['size=1', "unexpected key 'size' for mount type 'bind'"],
    ['type=tmpfs,size=1x', 'invalid value for size: 1x'],
    ['ro=maybe', 'invalid value for ro: maybe'],
    ['type=cache,mode=9', 'invalid value 9 for mode'],
    ['uid=1', 'uid not allowed for "bind" type mounts'],
    ['type=cache,sharing=all', 'unsupported sharing value "all"'],
    ['type=ssh,sharing=shared', 'invalid cache sharing set for ssh mount'],
    ['type=secret,from=a', 'secret mount should not have a from'],
    ['type=secret', 'invalid secret mount. one of source, target required'],
    ['type=secret,src=a,id=b', "both source and id can't be set"],
    ['target=$X', 'no X'],
    ['from=$X', "'from' doesn't support variable expansion, define alias stage instead"],
    [
      'a"b',
      'failed to parse csv mounts: parse error on line 1, column 2: bare " in non-quoted-field',
    ],
  ] as const) {
    it(`refuse ${text}`, () => assert.equal(check(text), error));
  }
});

describe('values that are checked when a stage is evaluated', () => {
  it('--chmod is octal or symbolic', () => {
    const wrong = (mode: string) =>
      `invalid chmod parameter: '${mode}'. it should be octal string and between 0 and 07777`;
    for (const mode of ['755', '0644', '7777', 'u=rwX,go=rX', 'a+x', '+x', 'u=g', 'g-w+r']) {
      assert.equal(chmodError(mode), null, mode);
    }
    for (const mode of ['10000', '8', '0x1']) assert.equal(chmodError(mode), wrong(mode));
    for (const mode of ['foo', 'u=rwx,', 'u', '=z']) {
      assert.equal(chmodError(mode), 'invalid syntax', mode);
    }
  });

  it('--checksum needs one remote source and a digest', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    assert.equal(checksumError(digest, ['https://x/y']), null);
    assert.equal(checksumError('abc', ['https://x/y.git']), null);
    assert.equal(checksumError(digest, ['a']), 'checksum requires HTTP(S) or Git sources');
    assert.equal(
      checksumError(digest, ['https://x/y', 'https://x/z']),
      "checksum can't be specified for multiple sources",
    );
    assert.equal(checksumError('sha256:00', ['https://x/y']), 'invalid checksum digest length');
    assert.equal(checksumError('md5:00', ['https://x/y']), 'unsupported digest algorithm');
    assert.equal(checksumError('x', ['https://x/y']), 'invalid checksum digest format');
  });

  it('STOPSIGNAL is a name or a number', () => {
    for (const signal of ['SIGTERM', 'term', 'sigrtmin+3', '9', '100']) {
      assert.equal(signalError(signal), null, signal);
    }
    for (const signal of ['SIGFOO', '0', '', 'SIGSIGTERM', 'SIGTERM # x']) {
      assert.equal(signalError(signal), `invalid signal: ${signal}`);
    }
  });
});

describe('suggestions', () => {
  it('are at most two edits away, the nearest first', () => {
    assert.equal(suggest('CPYX', ['COPY', 'CMD'], false), 'COPY');
    assert.equal(suggest('coppy', ['COPY'], false), 'copy');
    assert.equal(suggest('Fron', ['FROM'], false), 'from');
    assert.equal(suggest('abc', ['xyz'], false), null);
    assert.equal(suggest('from', ['FROM'], false), null);
    assert.equal(suggest('from', ['FROM'], true), null);
  });
});

describe('quoting', () => {
  it('is that of Go', () => {
    assert.equal(
      goQuote('a"\\\n\x00\x7f\u00a0é😀\u{e0001}'),
      '"a\\"\\\\\\n\\x00\\x7f\\u00a0é😀\\U000e0001"',
    );
  });
});
