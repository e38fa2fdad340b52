//! One ONNX network: values in, values out, runs counted.

use std::{borrow::Cow, path::PathBuf};

use ort::{
    session::{Session, SessionInputValue},
    value::TensorRef,
};
use viva_core::cue::ModelCard;

use super::FaceError;
use crate::runtime::OnnxRuntime;

/// A model file on this machine and what the report says of it.
#[derive(Clone, Debug)]
pub struct ModelFile {
    pub path: PathBuf,
    pub card: ModelCard,
}

pub(super) struct Network {
    session: Session,
    card: ModelCard,
    inputs: Vec<String>,
    runs: u64,
}

/// What one run gave, in the network's own order.
pub(super) struct Outputs(Vec<(String, Vec<f32>)>);

impl Network {
    pub fn load(file: &ModelFile, runtime: &OnnxRuntime) -> Result<Self, FaceError> {
        let session = runtime
            .session(&file.path)
            .map_err(|error| FaceError::Model { model: file.card.name.clone(), reason: error.to_string() })?;
        let inputs = session.inputs().iter().map(|input| input.name().to_owned()).collect();
        Ok(Self { session, card: file.card.clone(), inputs, runs: 0 })
    }

    /// The size of the first input along `axis`, where the network fixes it.
    pub fn input_size(&self, axis: usize) -> Option<usize> {
        let shape = self.session.inputs().first()?.dtype().tensor_shape()?;
        shape.get(axis).and_then(|&size| usize::try_from(size).ok())
    }

    /// Runs a network with one input.
    pub fn run(&mut self, shape: &[usize], values: &[f32]) -> Result<Outputs, FaceError> {
        let name = self.inputs.first().cloned().unwrap_or_default();
        self.run_named(&[(&name, shape, values)])
    }

    /// Runs a network with several inputs, each with its name, shape and values.
    pub fn run_named(&mut self, inputs: &[(&str, &[usize], &[f32])]) -> Result<Outputs, FaceError> {
        self.runs += 1;
        let failed =
            |error: ort::Error| FaceError::Run { model: self.card.name.clone(), reason: error.to_string() };
        let mut fed: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for &(name, shape, values) in inputs {
            let tensor = TensorRef::from_array_view((shape, values)).map_err(failed)?;
            fed.push((name.into(), tensor.into()));
        }
        let outputs = self.session.run(fed).map_err(failed)?;
        let mut given = Vec::with_capacity(outputs.len());
        for (name, value) in &outputs {
            let (_, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            given.push((name.to_owned(), values.to_vec()));
        }
        Ok(Outputs(given))
    }

    /// An error that says that this is not the network it was taken for.
    pub fn unexpected(&self, what: &str) -> FaceError {
        FaceError::Model { model: self.card.name.clone(), reason: format!("it has no {what}") }
    }

    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    pub fn runs(&self) -> u64 {
        self.runs
    }

    pub fn forget_runs(&mut self) {
        self.runs = 0;
    }
}

impl Outputs {
    /// The first output with this many values.
    pub fn of_length(&self, length: usize) -> Option<&[f32]> {
        self.0.iter().map(|(_, values)| values.as_slice()).find(|values| values.len() == length)
    }

    /// The only value of the output with this name.
    pub fn scalar(&self, name: &str) -> Option<f32> {
        self.0.iter().find(|(given, _)| given == name).and_then(|(_, values)| values.first().copied())
    }
}
