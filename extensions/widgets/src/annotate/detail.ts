// What a large picture looks like close by: it travels scaled down, and the part that is seen is asked for as it is.

import { type IModel } from '../anywidget';
import { h } from '../dom';
import { type IShown, type ITraits } from './protocol';
import { ask } from './wire';
import { seenOf } from './zoom';

const QUIET_MS = 120;
const PATIENCE_MS = 20_000;
/** More than is seen, so that a small move needs nothing new. */
const AROUND = 0.25;

export class Detail {
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _item: IShown | null = null;
  private _shown = new Map<HTMLImageElement, { part: string; over: HTMLImageElement }>();

  constructor(
    private _model: IModel<ITraits>,
    private _stage: HTMLElement
  ) {}

  show(item: IShown | null): void {
    clearTimeout(this._timer);
    this._item = item;
    this._shown.forEach(({ over }) => URL.revokeObjectURL(over.src));
    this._shown.clear();
  }

  /** Something else is seen: look closer when it stays. */
  look(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => {
      const images = this._stage.querySelectorAll<HTMLImageElement>('.wb-anno-image');
      images.forEach(image => void this._fetch(image));
    }, QUIET_MS);
  }

  private async _fetch(image: HTMLImageElement): Promise<void> {
    const item = this._item;
    const { name } = image.dataset;
    const { width, height } = item?.media.find(media => media.name === name) ?? {};
    const shown = image.getBoundingClientRect().width * window.devicePixelRatio;
    const { naturalWidth } = image;
    if (!item || !width || !height || naturalWidth >= width || shown <= naturalWidth) {
      return;
    }
    const seen = seenOf(image, width, height);
    const left = Math.max(0, Math.floor(seen.x - seen.w * AROUND));
    const top = Math.max(0, Math.floor(seen.y - seen.h * AROUND));
    const right = Math.min(width, Math.ceil(seen.x + seen.w * (1 + AROUND)));
    const bottom = Math.min(height, Math.ceil(seen.y + seen.h * (1 + AROUND)));
    const box = [left, top, right - left, bottom - top];
    const part = box.join();
    if (this._shown.get(image)?.part === part) {
      return;
    }
    const about = { item: item.id, name, box };
    const reply = await ask(this._model, 'detail', about, PATIENCE_MS).catch(() => null);
    const content = reply?.buffers[0] as ArrayBufferView<ArrayBuffer> | undefined;
    if (!content || this._item !== item) {
      return; // the picture stays as it is, only less sharp
    }
    const over = h('img', { class: 'wb-anno-detail', alt: '', draggable: 'false' });
    over.src = URL.createObjectURL(new Blob([content], { type: 'image/jpeg' }));
    over.style.left = `${(100 * left) / width}%`;
    over.style.top = `${(100 * top) / height}%`;
    over.style.width = `${(100 * (right - left)) / width}%`;
    over.style.height = `${(100 * (bottom - top)) / height}%`;
    await over.decode().catch(() => undefined);
    this._put(image, part, over);
  }

  private _put(image: HTMLImageElement, part: string, over: HTMLImageElement): void {
    const before = this._shown.get(image)?.over;
    image.after(over);
    before?.remove();
    URL.revokeObjectURL(before?.src ?? '');
    this._shown.set(image, { part, over });
  }
}
