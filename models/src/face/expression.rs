//! face-api.js's expression network: seven classes, from a crop of the face. Tier 3 only.
//!
//! Networks of this kind are right for one half to two thirds of faces in the wild and this one is often sure
//! when it is wrong (undocumented training pictures; weaker with glasses). It is a hint, never a score.

use super::{
    FaceError,
    crop::{self, Format, Order},
    frame::Picture,
    landmarks::Mesh,
    network::{ModelFile, Network},
};
use crate::runtime::OnnxRuntime;

/// The network's own order.
pub(super) const LABELS: [&str; 7] =
    ["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"];
/// One probability per label.
pub(super) type Probabilities = [f32; 7];

const FORMAT: Format = Format { side: 112, order: Order::PlanarRgb, scale: 1.0, shift: 0.0 };

pub(super) struct ExpressionNetwork {
    pub network: Network,
    pixels: Vec<f32>,
}

impl ExpressionNetwork {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load(file, runtime)?, pixels: Vec::new() })
    }

    pub fn probabilities(
        &mut self,
        picture: &Picture<'_>,
        mesh: &Mesh,
    ) -> Result<Option<Probabilities>, FaceError> {
        crop::sample(picture, mesh.square(), &FORMAT, &mut self.pixels);
        let outputs = self.network.run(&[1, 3, FORMAT.side, FORMAT.side], &self.pixels)?;
        let given =
            outputs.of_length(LABELS.len()).ok_or_else(|| self.network.unexpected("seven classes"))?;
        Ok(given.try_into().ok().filter(|all: &Probabilities| all.iter().all(|one| one.is_finite())))
    }
}
