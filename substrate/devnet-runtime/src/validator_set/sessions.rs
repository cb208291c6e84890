//! What the session pallet is told: the list, when it is due.

use super::pallet::{Changed, Config, Pallet, SessionsPerEra, Validators};
use alloc::vec::Vec;
use pallet_session::{historical, SessionManager};
use sp_staking::SessionIndex;

impl<T: Config> SessionManager<T::AccountId> for Pallet<T> {
    fn new_session(index: SessionIndex) -> Option<Vec<T::AccountId>> {
        let every = SessionsPerEra::<T>::get();
        // Sessions 0 and 1 are planned at genesis. `take` comes first: a change counts once, whatever else is due.
        let changed = Changed::<T>::take();
        let due = changed || index < 2 || (every != 0 && index.is_multiple_of(every));
        due.then(|| Validators::<T>::get().into_inner())
    }
    fn start_session(_: SessionIndex) {}
    fn end_session(_: SessionIndex) {}
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
    fn new_session(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
        let list = <Self as SessionManager<_>>::new_session(index)?;
        Some(list.into_iter().map(|validator| (validator, ())).collect())
    }
    fn start_session(_: SessionIndex) {}
    fn end_session(_: SessionIndex) {}
}
