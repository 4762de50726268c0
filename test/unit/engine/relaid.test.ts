import assert from 'node:assert/strict';
import type { EngineImage } from '../../../server/src/engine/engine.ts';
import { lay } from '../../../server/src/engine/lay.ts';
import { lastLaid, movedTo } from '../../../server/src/engine/relaid.ts';
import type { Plan, Step } from '../../../server/src/model/plan.ts';
import { builtImage } from '../../support/fakeEngine.ts';
import { engineImage } from '../../support/memoryEngine.ts';
import { planOf } from '../../support/plans.ts';

const text = `ARG VERSION=1
FROM base AS tools
RUN make tools
FROM base
ARG VERSION
ENV HOME=/root
RUN make app --version $VERSION
COPY --from=tools /tool /tool
COPY <<EOF /etc/app.conf
setting=1
EOF
`;

function imageOf(of: string): EngineImage {
  const { id, references, diffIds, history, createdAt } = builtImage(of, [10, 20, 30, 40]);
  const rows = history.map((row) => ({
    ...row,
    comment: 'buildkit.dockerfile.v0',
    createdAt,
    emptyLayer: null,
  }));
  return engineImage(id, { references, diffIds, createdAt, history: rows });
}

/** Lines with what was found for them, without the steps' identities. */
function drawn(map: ReadonlyMap<Step, unknown>, plan: Plan): readonly unknown[] {
  const steps = plan.stages[plan.target]?.steps ?? [];
  return [...map].map(([step, value]) => [steps.indexOf(step), value]);
}

describe('an image that was laid over the lines before an edit', () => {
  const image = imageOf(text);
  const before = planOf(text);
  const last = lastLaid(before, lay(before, image));

  const harmless = {
    'a comment': text.replace('RUN make app', '# builds\nRUN make app'),
    'another stage': text.replace('make tools', 'make other tools'),
    'a line more in another stage': text.replace('RUN make tools', 'RUN make tools\nRUN more'),
    nothing: text,
  };
  for (const [what, edited] of Object.entries(harmless)) {
    it(`stays as it is when ${what} is edited, as if it were laid anew`, () => {
      const plan = planOf(edited);
      const moved = movedTo(plan, last);
      assert.ok(moved);
      const anew = lay(plan, image);
      assert.equal(anew.rows.size + anew.changed.size, 5);
      assert.deepEqual(drawn(moved.rows, plan), drawn(anew.rows, plan));
      assert.deepEqual(drawn(moved.changed, plan), drawn(anew.changed, plan));
      assert.deepEqual([moved.gone, moved.base, moved.reason], [anew.gone, anew.base, anew.reason]);
    });
  }

  const telling = {
    'a command': text.replace('make app', 'make application'),
    'the text of a heredoc': text.replace('setting=1', 'setting=2'),
    'the default of an argument': text.replace('VERSION=1', 'VERSION=2'),
    'another argument': text.replace('ENV HOME', 'ARG MORE\nENV HOME'),
    'a line more': `${text}RUN more\n`,
    'the base': text.replace('FROM base\n', 'FROM other\n'),
    'a variable': text.replace('HOME=/root', 'HOME=/home'),
  };
  it('is laid anew when another value of an argument, or another platform, is chosen', () => {
    assert.equal(movedTo(planOf(text, { buildArgs: new Map([['VERSION', '3']]) }), last), null);
    const platform = { os: 'linux', arch: 'arm64', variant: '' };
    assert.equal(movedTo(planOf(text, { platform }), last), null);
  });

  it('is laid anew when an instruction that the base lets run is edited', () => {
    const on = (command: string) =>
      planOf(`FROM base AS tools\nONBUILD RUN ${command}\nFROM tools\n`);
    const one = on('make one');
    const laid = lastLaid(one, lay(one, image));
    assert.ok(movedTo(on('make one'), laid));
    assert.equal(movedTo(on('make two'), laid), null);
  });

  for (const [what, edited] of Object.entries(telling)) {
    it(`is laid anew when ${what} is edited`, () => {
      assert.equal(movedTo(planOf(edited), last), null);
    });
  }
});
