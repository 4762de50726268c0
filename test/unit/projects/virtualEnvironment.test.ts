import assert from 'node:assert/strict';
import {
  readEnvironment,
  readRequirements,
} from '../../../server/src/projects/virtualEnvironment.ts';
import { memoryFileSystem } from '../../support/memoryFileSystem.ts';

const site = '/context/.venv/lib/python3.12/site-packages';

function environment(more: Readonly<Record<string, string>> = {}) {
  return memoryFileSystem({
    [`${site}/demo-1.0.dist-info/RECORD`]:
      'demo/__init__.py,sha256=x,100\ndemo/data.bin,sha256=x,50\n"demo/a,b.py",sha256=x,10\ndemo-1.0.dist-info/RECORD,,\n',
    [`${site}/demo-1.0.dist-info/METADATA`]:
      'Name: demo\nRequires-Dist: Other_Thing (>=1)\nRequires-Dist: unused; extra == "test"\n\nRequires-Dist: text\n',
    [`${site}/other_thing-2.0.dist-info/RECORD`]: 'other/__init__.py,sha256=x,1000\n',
    [`${site}/unused-2.0.dist-info/RECORD`]: 'unused.py,sha256=x,9000\n',
    ...more,
  });
}

const pin = (name: string, version: string, isOptional = false) => ({ name, version, isOptional });

describe('A virtual environment beside the requirements', () => {
  it('tells what the pinned packages weigh, and those that they need', async () => {
    const reading = await readEnvironment(environment(), '/context', [pin('demo', '1.0')]);
    assert.ok(reading.ok);
    assert.deepEqual(reading.files, { bytes: 1160, py: 1110 });
    assert.equal(reading.count, 2);
  });

  it('does not count when it has another version, or none', async () => {
    const other = await readEnvironment(environment(), '/context', [pin('demo', '1.1')]);
    assert.match(other.ok ? '' : other.reason, /has demo 1\.0, not 1\.1/);
    const none = await readEnvironment(environment(), '/context', [pin('absent', '1.0')]);
    assert.match(none.ok ? '' : none.reason, /has no absent/);
    const kept = await readEnvironment(environment(), '/context', [pin('absent', '1.0', true)]);
    assert.ok(kept.ok, 'a marker may keep it away');
  });

  it('does not count when it is for another system, or there is none', async () => {
    const record = {
      [`${site}/demo-1.0.dist-info/RECORD`]: 'demo/core.cpython-312-darwin.so,,5\n',
    };
    const mac = await readEnvironment(environment(record), '/context', [pin('demo', '1.0')]);
    assert.match(mac.ok ? '' : mac.reason, /another system/);
    const none = await readEnvironment(memoryFileSystem({}), '/context', []);
    assert.match(none.ok ? '' : none.reason, /No virtual environment/);
  });
});

describe('A file of requirements', () => {
  it('pins one version of each package', () => {
    const reading = readRequirements(
      '# ours\n--index-url https://example.com\nDemo_A[x]==1.0 \\\n  --hash=sha256:ab\nb==2 ; sys_platform == "win32"\n',
    );
    assert.deepEqual(reading, {
      ok: true,
      pins: [
        { name: 'demo-a', version: '1.0', isOptional: false },
        { name: 'b', version: '2', isOptional: true },
      ],
    });
  });

  for (const line of ['a', 'a>=1', '-r other.txt', 'git+https://example.com/a', '-e .']) {
    it(`pins nothing with \`${line}\``, () => {
      assert.deepEqual(readRequirements(`b==1\n${line}\n`), { ok: false, line });
    });
  }
});
