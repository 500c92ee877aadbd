// The training curves as an anywidget module: points arrive as messages, everything else as traits.

import { type IWidget } from '../anywidget';
import { hello } from '../hello';
import { type IPoint, type ITraits, merge } from './protocol';
import { View } from './view';

export default (): IWidget<ITraits> => {
  const views = new Set<View>();
  let points: IPoint[] = [];
  return {
    initialize({ model }) {
      const receive = (message: unknown): void => {
        const {
          kind,
          message: said,
          hint
        } = message as { kind?: string; message?: string; hint?: string };
        if (kind === 'problem') {
          views.forEach(view => view.complain(`${said ?? ''} ${hint ?? ''}`.trim()));
          return;
        }
        const merged = merge(points, message);
        if (merged === null) {
          model.send({ kind: 'hello' }); // a message was missed: ask for all of them
          return;
        }
        points = merged;
        views.forEach(view => view.update(points));
      };
      model.on('msg:custom', receive);
      const stop = hello(model);
      return () => {
        stop();
        model.off('msg:custom', receive);
      };
    },
    render({ model, el }) {
      const view = new View(model);
      el.append(view.node);
      const stop = view.mount();
      view.update(points);
      views.add(view);
      return () => {
        views.delete(view);
        stop();
      };
    }
  };
};
