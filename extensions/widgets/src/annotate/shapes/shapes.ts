// Boxes and polygons, drawn and dragged with Annotorious; the keyboard makes, moves and resizes them too.

import {
  createImageAnnotator,
  type ImageAnnotation,
  type ImageAnnotator,
  type PolygonGeometry,
  type RectangleGeometry,
  ShapeType
} from '@annotorious/annotorious';
import style from '@annotorious/annotorious/annotorious.css';
import { h } from '../../dom';
import { type IShown, type Label } from '../protocol';
import { type IEntry, type Region, RegionTool } from '../regions';
import { type Help, type IHost } from '../tool';
import { ARROWS, type IPart, seenOf, stepIn } from '../zoom';
import { boundsOf, boxOf, nudged, regionOfBox, regionOfPoints } from './geometry';

export class Shapes extends RegionTool {
  readonly help: Help;
  private _isBoxes: boolean;
  private _annotator: ImageAnnotator | null = null;
  private _image: HTMLImageElement | null = null;
  /** Where the library had each region when it was last given them, to tell what a person has done since. */
  private _given = new Map<string, string>();
  private _isHeld = false;

  constructor(host: IHost) {
    super(host, host.setup.classes);
    this._isBoxes = host.setup.tool === 'boxes';
    this.panel.append(styled(style));
    this.help = [
      ['1 2 3 …', 'class of the next region, and of the selected one'],
      this._isBoxes ? ['drag', 'a box'] : ['click', 'corners; a double click closes'],
      ['N', 'a new one in the middle of what is seen'],
      ['← ↑ → ↓', 'move it; with Shift, resize it; with Alt, by a pixel'],
      ['[ ]', 'select another'],
      ['Del', 'remove it'],
      ['Enter', 'these regions, next item']
    ];
  }

  protected open(item: IShown, stage: HTMLElement): void {
    this.clear();
    const { width, height } = item;
    this._image = stage.querySelector('img');
    if (!this._image || !width || !height) {
      return;
    }
    const sheet = sheetOf(width, height);
    this._image.parentElement?.append(h('div', { class: 'wb-anno-shapes' }, sheet));
    const begin = (): void => {
      if (this.item === item) {
        this._begin(sheet);
        this.draw();
      }
    };
    if (sheet.complete && sheet.naturalWidth > 0) {
      begin();
    } else {
      sheet.addEventListener('load', begin, { once: true });
    }
  }

  protected draw(): void {
    const annotator = this._annotator;
    if (!annotator) {
      return;
    }
    annotator.setAnnotations(
      this.entries.filter(isShape).map(entry => this._annotation(entry)),
      true
    );
    const chosen = this.entryOf(this.selected);
    annotator.setSelected(chosen && isShape(chosen) ? chosen.id : undefined, true);
    this._given = new Map(annotator.getAnnotations().map(made => [made.id, placeOf(made)]));
  }

  override label(): Label | null {
    this._follow();
    return super.label();
  }

  override undo(): boolean {
    this._follow();
    return super.undo();
  }

  protected place(region: Region): string {
    const box = region['box'] as number[] | undefined;
    const points = region['polygon'] as unknown[] | undefined;
    return box
      ? `${Math.round(box[2] ?? 0)}×${Math.round(box[3] ?? 0)}`
      : `${points?.length ?? 0} corners`;
  }

  override press(event: KeyboardEvent): boolean {
    this._follow();
    if (event.ctrlKey || event.metaKey) {
      return false;
    }
    if (event.key === 'n') {
      return this._make();
    }
    const arrow = ARROWS[event.key];
    const entry = this.entryOf(this.selected);
    if (arrow && entry && isShape(entry)) {
      const step = stepIn(this._seen, event);
      this.move(entry.id, nudged(entry.region, arrow[0] * step, arrow[1] * step, event.shiftKey));
      return true;
    }
    if (event.key === 'Escape') {
      this._annotator?.cancelDrawing();
    }
    return super.press(event);
  }

  clear(): void {
    this._annotator?.destroy();
    this._annotator = null;
  }

  private get _seen(): IPart {
    return seenOf(this._image, this.item?.width ?? 1, this.item?.height ?? 1);
  }

  private _begin(sheet: HTMLImageElement): void {
    const annotator = createImageAnnotator(sheet, {
      autoSave: true,
      drawingEnabled: true,
      drawingMode: this._isBoxes ? 'drag' : 'click',
      theme: 'light'
    });
    annotator.setDrawingTool(this._isBoxes ? 'rectangle' : 'polygon');
    annotator.setStyle((annotation, state) => {
      const color = this.palette.color(
        this.entryOf(annotation.id)?.region.label ?? this.active
      ) as `#${string}`;
      return {
        fill: color,
        fillOpacity: state?.selected ? 0.3 : 0.15,
        stroke: color,
        strokeWidth: state?.selected ? 3 : 2
      };
    });
    const follow = (): void => this._follow();
    annotator.on('createAnnotation', follow);
    annotator.on('updateAnnotation', follow);
    annotator.on('deleteAnnotation', follow);
    annotator.on('selectionChanged', follow);
    annotator.element.addEventListener('pointerdown', () => {
      this._isHeld = true;
      // The library stops the event when a box is done, so it is heard on its way down.
      const release = (): void => {
        this._isHeld = false;
        setTimeout(follow);
      };
      window.addEventListener('pointerup', release, { once: true, capture: true });
    });
    this._annotator = annotator;
  }

  /**
   * Take over what a person did in the library since it was last given the regions. Its events come by timers, a moved
   * corner's up to a second late and those of our own drawing too, so they only say when to look; keys and answers look.
   */
  private _follow(): void {
    const annotator = this._annotator;
    if (!annotator || this._isHeld) {
      return;
    }
    const shown = annotator.getAnnotations();
    const kept = new Set(shown.map(made => made.id));
    const gone = this.entries.filter(entry => isShape(entry) && !kept.has(entry.id));
    const changed = shown.filter(made => this._given.get(made.id) !== placeOf(made));
    const chosen = annotator.getSelected()[0]?.id ?? null;
    gone.forEach(entry => this.remove(entry.id));
    changed.forEach(made =>
      this.entryOf(made.id)
        ? this.move(made.id, this._placeOf(made))
        : this.add(this._placeOf(made), made.id)
    );
    if (chosen !== this.selected) {
      this.select(chosen);
    }
  }

  /** Put a region into the middle of what is seen. */
  private _make(): boolean {
    const seen = this._seen;
    if (!this._annotator || !this.item?.width) {
      return false;
    }
    const [x, y] = [seen.x + seen.w * 0.4, seen.y + seen.h * 0.4];
    const [w, h] = [seen.w * 0.2, seen.h * 0.2];
    const corners = [
      [x, y],
      [x + w, y],
      [x + w, y + h],
      [x, y + h]
    ];
    this.add(this._isBoxes ? regionOfBox({ x, y, w, h }) : regionOfPoints(corners));
    return true;
  }

  private _placeOf({ target: { selector } }: ImageAnnotation): Record<string, unknown> {
    return selector.type === ShapeType.RECTANGLE
      ? regionOfBox(selector.geometry as RectangleGeometry)
      : regionOfPoints((selector.geometry as PolygonGeometry).points);
  }

  private _annotation({ id, region }: IEntry): ImageAnnotation {
    const target = (
      type: ShapeType,
      geometry: RectangleGeometry | PolygonGeometry
    ): ImageAnnotation => ({
      id,
      bodies: [],
      target: { annotation: id, selector: { type, geometry } }
    });
    if ('box' in region) {
      const box = boxOf(region);
      const corners = [
        [box.x, box.y],
        [box.x + box.w, box.y + box.h]
      ];
      return target(ShapeType.RECTANGLE, { ...box, bounds: boundsOf(corners) });
    }
    const points = region['polygon'] as [number, number][];
    return target(ShapeType.POLYGON, { points, bounds: boundsOf(points) });
  }
}

function placeOf({ target: { selector } }: ImageAnnotation): string {
  return JSON.stringify(selector.geometry);
}

function isShape({ region }: IEntry): boolean {
  return 'box' in region || 'polygon' in region;
}

/** Return an empty picture as large as the original: the library draws in its pixels, however small the original travels. */
function sheetOf(width: number, height: number): HTMLImageElement {
  const empty = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>`;
  return h('img', {
    alt: '',
    draggable: 'false',
    src: `data:image/svg+xml,${encodeURIComponent(empty)}`
  });
}

function styled(text: string): HTMLStyleElement {
  const element = document.createElement('style');
  element.textContent = text;
  return element;
}
