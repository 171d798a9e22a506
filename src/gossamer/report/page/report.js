"use strict";
(() => {
  const root = document.documentElement;
  const views = new Map();

  const set = (name, signals) => {
    const view = views.get(name);
    if (!view) return;
    for (const [signal, value] of Object.entries(signals)) {
      try { view.signal(signal, value); } catch (error) { continue; } // a chart without that signal
    }
    view.runAsync();
  };
  const press = (buttons, pressed) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === pressed));
  };
  const nameOf = (element) => element.closest("figure").dataset.figure;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const read = (reading) => {
    root.dataset.reading = reading;
    for (const figure of all("figure[data-follows-reading]")) set(figure.dataset.figure, { reading });
  };
  const choices = all("[data-reading-choice]");
  for (const button of choices) {
    button.addEventListener("click", () => { press(choices, button); read(button.dataset.readingChoice); });
  }

  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => {
      press(all("[data-zoom]", button.parentElement), button);
      const [low, high] = button.dataset.zoom.split(" ").map(Number);
      set(nameOf(button), { pan_level: null, pan_mean: null, level_low: low, level_high: high });
    });
  }
  for (const button of all("[data-value]")) {
    button.addEventListener("click", () => {
      press(all("[data-value]", button.parentElement), button);
      set(nameOf(button), { [button.dataset.parameter]: button.dataset.value });
    });
  }
  for (const slider of all("input[type=range]")) {
    const labels = slider.dataset.labels.split("|");
    slider.addEventListener("input", () => {
      const label = labels[Number(slider.value)];
      slider.nextElementSibling.textContent = label;
      slider.setAttribute("aria-valuetext", label);
      set(nameOf(slider), { [slider.dataset.parameter]: Number(slider.value) });
    });
  }

  const themes = ["system", "light", "dark"];
  const theme = document.getElementById("theme");
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
    theme.textContent = `Theme: ${next}`;
  });

  const download = (address, name) => {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
  };
  for (const button of all("[data-save]")) {
    button.addEventListener("click", async () => {
      const name = nameOf(button);
      const kind = button.dataset.save;
      const view = views.get(name).background("white");
      download(await view.toImageURL(kind, kind === "png" ? 2 : 1), `${name}.${kind}`);
      view.background(null).runAsync();
    });
  }

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not([data-long])");
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => { for (const details of opened) details.open = false; });

  const draw = async () => {
    for (const script of all("script[data-specification]")) {
      const name = script.dataset.specification;
      const place = document.getElementById(name).querySelector(".chart");
      const options = { renderer: "svg", actions: false };
      views.set(name, (await vegaEmbed(place, JSON.parse(script.textContent), options)).view);
    }
    root.dataset.drawn = "true";
  };
  window.gossamerReport = { views };
  draw();
})();
