// Charts that share a legend: its names are switches, and smoothing, axes and the part of the steps
// that is shown are chosen for all of them at once.
class Group {
  constructor(element) {
    this.state = { hidden: new Set(), smoothing: 0, y: 'fitting', x: 'step', range: null };
    this.element = element;
    this.keys = new Map();
    this.makeLegend(element.querySelector('.legend'));
    this.charts = all('.chart', element).map((figure) => new Chart(figure, this));
    this.makeControls(element.querySelector('.charts'));
    let width = 0;
    new ResizeObserver(() => {
      if (element.clientWidth === width || element.clientWidth === 0) return;
      width = element.clientWidth;
      this.draw();
    }).observe(element);
    this.draw();
  }

  draw() {
    for (const chart of this.charts) chart.draw();
  }

  show(active, x = null) {
    for (const chart of this.charts) {
      const isSame = !active || chart.data.x === active.data.x && chart.isTime === active.isTime;
      const found = chart.mark(isSame ? x : null);
      chart.write(x, chart === active ? found : []);
    }
  }

  zoom(range) {
    this.state.range = range;
    this.whole.hidden = range === null;
    this.draw();
  }

  // Names become switches: a click hides or shows a curve, with Shift it shows that one alone.
  makeLegend(legend) {
    const names = [];
    const buttons = [];
    const update = () => {
      buttons.forEach((button, n) =>
        button.setAttribute('aria-pressed', String(!this.state.hidden.has(names[n]))));
      if (this.everything) this.everything.hidden = this.state.hidden.size === 0;
      this.draw();
    };
    for (const item of all('li', legend)) {
      const name = item.querySelector('span').textContent;
      names.push(name);
      this.keys.set(name, item.querySelector('svg').cloneNode(true));
      const button = document.createElement('button');
      button.type = 'button';
      button.title = 'show or hide; with Shift, show this one alone';
      button.setAttribute('aria-pressed', 'true');
      button.append(...item.childNodes);
      button.addEventListener('click', (event) => {
        const { hidden } = this.state;
        if (event.shiftKey) {
          const others = names.filter((other) => other !== name);
          const isAlone = !hidden.has(name) && others.every((other) => hidden.has(other));
          hidden.clear();
          if (!isAlone) for (const other of others) hidden.add(other);
        } else if (!hidden.delete(name)) {
          hidden.add(name);
        }
        update();
      });
      item.append(button);
      buttons.push(button);
    }
    this.everything = add(add(legend, null, 'li'), null, 'button', {
      type: 'button', hidden: '',
    }, 'show all');
    this.everything.addEventListener('click', () => {
      this.state.hidden.clear();
      update();
    });
  }

  makeControls(before) {
    const row = document.createElement('div');
    row.className = 'controls';
    before.before(row);
    const choice = (text, options, change) => {
      const label = add(row, null, 'label', {}, text);
      const select = add(label, null, 'select');
      for (const [value, name] of options) add(select, null, 'option', { value }, name);
      select.addEventListener('change', () => change(select.value));
    };
    const curves = this.charts.flatMap((chart) => chart.data.curves);
    const isLong = curves.some((curve) => curve.y.length > 12);
    if (isLong) {
      const label = add(row, null, 'label', {}, 'smoothing');
      const slider = add(label, null, 'input', {
        type: 'range', min: 0, max: 0.99, step: 0.01, value: 0,
      });
      const output = add(label, null, 'output', {}, '0');
      slider.addEventListener('input', () => {
        this.state.smoothing = Number(slider.value);
        output.textContent = slider.value;
        this.draw();
      });
    }
    choice('y axis', [
      ['fitting', 'as it fits'], ['linear', 'linear'], ['log', 'logarithmic'],
    ], (value) => {
      this.state.y = value;
      this.draw();
    });
    const scales = [['step', 'steps']];
    if (this.charts.some((chart) => chart.data.x === 'step')) {
      scales.push(['log', 'steps, logarithmic']);
    }
    if (this.charts.some((chart) => chart.isTimed)) scales.push(['time', 'time']);
    if (scales.length > 1) {
      choice('x axis', scales, (value) => {
        this.state.x = value;
        this.zoom(null);
      });
    }
    this.whole = add(row, null, 'button', { type: 'button', hidden: '' }, 'whole range');
    this.whole.addEventListener('click', () => this.zoom(null));
  }
}

for (const element of all('.group')) new Group(element);
