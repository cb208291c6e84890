//! What becomes of a proven offence.

use super::pallet::{Config, Event, Offences, Pallet};
use frame_support::{traits::Get, weights::Weight};
use sp_runtime::{traits::Convert, Perbill};
use sp_staking::{
    offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
    SessionIndex,
};

/// Nothing more is known of a validator than its account.
pub struct NoIdentification;

impl<A> Convert<A, Option<()>> for NoIdentification {
    fn convert(_: A) -> Option<()> {
        Some(())
    }
}

type Offender<T> = (<T as frame_system::Config>::AccountId, ());

impl<T: Config> OnOffenceHandler<T::AccountId, Offender<T>, Weight> for Pallet<T> {
    fn on_offence(
        offenders: &[OffenceDetails<T::AccountId, Offender<T>>],
        fractions: &[Perbill],
        session: SessionIndex,
    ) -> Weight {
        for (details, fraction) in offenders.iter().zip(fractions) {
            note::<T>(details.offender.0.clone(), *fraction, session);
        }
        T::DbWeight::get()
            .reads_writes(3, 3)
            .saturating_mul(offenders.len() as u64)
    }
}

fn note<T: Config>(offender: T::AccountId, fraction: Perbill, session: SessionIndex) {
    Offences::<T>::mutate(session, &offender, |(count, worst)| {
        *count = count.saturating_add(1);
        *worst = (*worst).max(fraction);
    });
    // im-online reports a few absent validators with nothing to take; those are not disabled.
    if !fraction.is_zero() {
        pallet_session::Pallet::<T>::report_offence(offender.clone(), OffenceSeverity(fraction));
    }
    Pallet::<T>::deposit_event(Event::Offence {
        session,
        offender,
        fraction,
    });
}
