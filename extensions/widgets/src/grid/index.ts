// The image grid as an anywidget module: one store per widget, one view per output that shows it.

import { type IWidget } from '../anywidget';
import { type ITraits } from './protocol';
import { Store } from './store';
import { View } from './view';

export default (): IWidget<ITraits> => {
  let store: Store;
  return {
    initialize({ model }) {
      store = new Store(model);
      return store.connect();
    },
    render({ el }) {
      const view = new View(store);
      el.append(view.node);
      return view.mount();
    }
  };
};
