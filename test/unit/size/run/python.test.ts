import assert from 'node:assert/strict';
import { memoryFileSystem, runSize } from '../../../support/projects.ts';
import { zip } from '../../../support/zips.ts';

/** A wheel with that many bytes of data and no sources, so that its figure is their sum. */
function wheel(name: string, version: string, bytes: number, needs: readonly string[] = []) {
  const lines = needs.map((need) => `Requires-Dist: ${need}\n`).join('');
  return zip({
    [`${name}/data.bin`]: 'x'.repeat(bytes),
    [`${name}-${version}.dist-info/METADATA`]: `Name: ${name}\nVersion: ${version}\n${lines}\n`,
  });
}

function context() {
  const files = memoryFileSystem({});
  const put = (name: string, version: string, ...rest: [number, string[]?]) =>
    files.write(
      `/context/wheels/${name}-${version}-py3-none-any.whl`,
      wheel(name, version, ...rest),
    );
  put('demo', '1.0', 60_000, ['Small_Part>=1', 'big; extra == "all"', 'absent; os_name == "nt"']);
  put('small_part', '1.5', 5000, ['demo']);
  put('big', '3.0', 900_000);
  put('extra', '2.1', 250_000);
  files.write('/context/requirements.txt', 'demo==1.0\nextra\n');
  return files;
}

const sizeOf = (run: string, head = 'COPY wheels /wheels\nCOPY requirements.txt ./\n') =>
  runSize(context(), `FROM x\n${head}RUN ${run}\n`);

const install = 'pip install --no-index --find-links /wheels';

describe('RUN pip install from wheels of the build context', () => {
  for (const [run, bytes] of [
    [`${install} extra==2.1`, 250_000],
    [`${install} demo`, 65_000],
    [`${install} demo extra`, 315_000],
    [`${install} 'demo[all]'`, 965_000],
    [`${install} -r requirements.txt`, 1_215_000],
    ['pip install --no-index /wheels/extra-2.1-py3-none-any.whl', 250_000],
    ['pip install --no-index /wheels/*.whl', 1_215_000],
    ['python3 -m pip install --no-index -f /wheels extra', 250_000],
    ['uv pip install --no-cache --no-index --find-links=/wheels extra', 250_000],
  ] as const) {
    it(`\`${run}\` is about ${bytes} bytes`, async () => {
      const size = await sizeOf(run);
      assert.ok(size.bytes !== null && !size.atLeast, size.reason);
      assert.ok(Math.abs(size.bytes - bytes) < 1000, `${size.bytes}: ${size.reason}`);
    });
  }

  it('counts the named wheels behind a bind mount, too', async () => {
    const mounts =
      '--mount=type=cache,target=/root/.cache/pip --mount=type=bind,source=wheels,target=/wheels';
    const size = await sizeOf(`${mounts} ${install} extra==2.1`, '');
    assert.ok(Math.abs((size.bytes ?? 0) - 250_000) < 1000, `${size.bytes}: ${size.reason}`);
  });

  it('is not known where a wheel is missing, or the index decides', async () => {
    for (const [run, reason] of [
      [`${install} extra==2.2`, /No wheel of extra 2\.2 lies there/],
      [`${install} other`, /No wheel of other lies there/],
      ['pip install --no-cache-dir extra', /known only after a build/],
    ] as const) {
      const size = await sizeOf(run);
      assert.equal(size.parts?.some((part) => part.bytes) ?? false, false);
      assert.match(size.reason, reason);
    }
  });

  it('names the cache that stays without `--no-cache-dir`', async () => {
    const kept = await sizeOf('pip install extra');
    assert.ok(kept.parts?.some(({ label }) => /cache/.test(label)));
    const left = await sizeOf('pip install --no-cache-dir extra');
    assert.ok(!left.parts?.some(({ label }) => /cache/.test(label)));
  });

  it('counts bytecode whatever PYTHONDONTWRITEBYTECODE says, but not with `--no-compile`', async () => {
    const files = memoryFileSystem({});
    const code = zip({ 'a/core.py': 'x'.repeat(100_000) });
    files.write('/context/wheels/a-1-py3-none-any.whl', code);
    const head = 'FROM x\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY wheels /wheels\n';
    assert.equal((await runSize(files, `${head}RUN ${install} -r r.txt\n`)).bytes, 220_000);
    const plain = await runSize(files, `${head}RUN ${install} --no-compile -r r.txt\n`);
    assert.equal(plain.bytes, 100_000);
  });
});
