// What stands where an item would: who labels, that all is done, that others are at it.

import { h } from '../dom';
import { type Session } from './session';

/** Return the form in which a visitor gives a name; *then* is called when they have. */
export function whoForm(session: Session, then: () => void): HTMLElement {
  const people = session.setup.annotators.map(name => h('option', { value: name }));
  const list = h('datalist', { id: 'wb-anno-people' }, ...people);
  const field = h('input', {
    name: 'annotator',
    required: true,
    list: 'wb-anno-people',
    autocomplete: 'username'
  });
  const form = h(
    'form',
    { class: 'wb-anno-who' },
    h('label', {}, 'Your name, so that it is known who said what: ', field, list),
    h('button', { type: 'submit', class: 'wb-anno-button' }, 'Begin')
  );
  form.addEventListener('keydown', event => event.stopPropagation());
  form.addEventListener('submit', event => {
    event.preventDefault();
    session.join(field.value.trim());
    then();
  });
  return form;
}

/** Return why there is no item before a person whose name is known. */
export function whyEmpty({ hasAsked, isPaused, progress }: Session): string {
  if (isPaused) {
    return 'Paused: your items went back. Press any key to go on.';
  }
  if (!hasAsked || !progress) {
    return 'Waiting for the kernel …';
  }
  const { items, done } = progress;
  if (items === 0) {
    return 'There is nothing to label yet.';
  }
  return done === items
    ? `All ${items.toLocaleString('en')} items are labeled.`
    : `Nothing is left for you; ${(items - done).toLocaleString('en')} of the items wait for others.`;
}
