// The quick annotator as an anywidget module: one session per window, one view per output that shows it.

import { type IWidget } from '../anywidget';
import { hello } from '../hello';
import { type ITraits } from './protocol';
import { Session } from './session';
import { View } from './view';

export default (): IWidget<ITraits> => {
  let session: Session;
  return {
    initialize({ model }) {
      session = new Session(model, storage());
      return hello(model);
    },
    render({ el }) {
      const view = new View(session);
      el.append(view.node);
      return view.mount();
    }
  };
};

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null; // forbidden by the browser's settings
  }
}
