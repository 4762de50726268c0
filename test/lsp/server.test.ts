import assert from 'node:assert/strict';
import { Editor } from './editor.ts';

describe('the language server', () => {
  let editor: Editor;
  beforeEach(() => {
    editor = new Editor();
  });
  afterEach(() => editor.close());

  it('draws what each line does', async () => {
    const drawing = `\
ARG VERSION=1 ⟦metadata⟧
FROM debian:bookworm AS build ⟦base⟧
RUN apt-get update \\ ⟦layer 1⟧
  && true
ENV A=b ⟦metadata⟧
WORKDIR / ⟦metadata⟧

FROM scratch ⟦base · empty⟧
COPY --from=build /etc /etc ⟦layer 1⟧
`;
    await editor.initialize();
    await editor.open(drawing);
    assert.equal(await editor.drawn(), drawing);
    await editor.edit('scratch', 'build');
    assert.match(await editor.drawn(), /FROM build ⟦base · 1\+ layers⟧\nCOPY.* ⟦layer 2⟧/);
  });
});
